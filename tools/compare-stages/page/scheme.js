'use strict';
// Light or dark: as the system prefers it, until somebody chooses. In the head of the page, so that
// nobody sees the wrong one first.

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
let chosenScheme = null; // 'light', 'dark', or null while nobody has chosen

const isDark = () => (chosenScheme ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark';

function chooseScheme(choice) {
  chosenScheme = choice;
  document.documentElement.dataset.scheme = isDark() ? 'dark' : 'light';
}

chooseScheme(null);
