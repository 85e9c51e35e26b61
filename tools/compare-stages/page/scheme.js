'use strict';
// Light or dark colours: what the system prefers, until the button is pressed. This script is in
// the head of the page, so that the page never appears in the wrong colours first.

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
let chosenScheme = null; // 'light', 'dark', or null before the first choice

const isDark = () => (chosenScheme ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark';

function chooseScheme(choice) {
  chosenScheme = choice;
  document.documentElement.dataset.scheme = isDark() ? 'dark' : 'light';
}

chooseScheme(null);
