// What all tests of the page begin with: a real run, and the page of it in a browser.
import assert from 'node:assert/strict';
import {after, before} from 'node:test';

import {compare, launch, open} from './browser.mjs';

let browser;
export let real; // a run of all our stages, with little patience between two sends

before(async () => {
  browser = await launch();
  real = compare('real', ['--delay', '0.004']);
});
after(() => browser?.close());

// Runs `body` with the page, and demands that there is nothing to complain about.
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
export const nestOf = (page) => textsOf(page.locator('.nest .box-name code'));
export const clockOf = async (page) => parseFloat(await page.locator('#time').textContent());
export const reactors = () => real.comparison.stages.filter((stage) => stage.loop?.traced);
