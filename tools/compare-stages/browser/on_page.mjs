// What all tests of the page share: a real run, and its page in a browser.
import assert from 'node:assert/strict';
import {after, before} from 'node:test';

import {compare, launch, open} from './browser.mjs';

let browser;
export let real; // a run of all lessons, with short delays to keep the tests fast

before(async () => {
  browser = await launch();
  real = compare('real', ['--delay', '0.004']);
});
after(() => browser?.close());

// Runs `body` with the page. The test fails if the page has an error or loads another file.
export async function onPage({html}, options, body) {
  const {page, complaints} = await open(browser, html, options);
  try {
    await body(page);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

export const seconds = (time) => `${(Math.round(100 * time + 1e-6) / 100).toFixed(2)} s`;
export const grouped = (number) => number.toLocaleString('en');
export const textsOf = (locator) =>
  locator.evaluateAll((elements) => elements.map((element) => element.textContent));
export const stackOf = (page) => textsOf(page.locator('.call-stack .box-name code'));
export const clockOf = async (page) => parseFloat(await page.locator('#time').textContent());
export const reactors = () => real.comparison.stages.filter((stage) => stage.loop?.traced);
