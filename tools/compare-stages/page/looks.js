'use strict';
// The buttons at the top of a page: large text, and light or dark colours. A printed page always has light colours.

// Calls redraw() at once, and after each change.
function showLooks(redraw) {
  const large = document.getElementById('large');
  large.addEventListener('click', () => {
    const isLarge = large.getAttribute('aria-pressed') !== 'true';
    large.setAttribute('aria-pressed', isLarge);
    document.documentElement.dataset.size = isLarge ? 'large' : 'normal';
    redraw();
  });

  const scheme = document.getElementById('scheme');
  const change = (choice) => {
    chooseScheme(choice);
    scheme.textContent = isDark() ? 'Light' : 'Dark';
    redraw();
  };
  scheme.addEventListener('click', () => change(isDark() ? 'light' : 'dark'));
  prefersDark.addEventListener('change', () => change(chosenScheme));
  let before = null;
  window.addEventListener('beforeprint', () => {
    before = chosenScheme;
    change('light');
  });
  window.addEventListener('afterprint', () => change(before));
  change(null);
}
