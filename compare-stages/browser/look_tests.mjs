// How the page looks.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';

import {out, pageOf} from './browser.mjs';
import {clockOf, nestOf, onPage, real} from './on_page.mjs';
import {large} from './samples.mjs';

// The contrast of two colours, as WCAG 2 counts it.
function contrast(one, other) {
  const luminance = (colour) => {
    const [r, g, b] = colour
      .match(/\d+(\.\d+)?/g)
      .map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

for (const colorScheme of ['light', 'dark']) {
  test(`every task can be told from a ${colorScheme} page, and text be read`, () =>
    onPage(real, {colorScheme}, async (page) => {
      const {paper, ink, muted, tasks} = await page.evaluate(() => {
        const style = (element) => getComputedStyle(element);
        return {
          paper: style(document.body).backgroundColor,
          ink: style(document.body).color,
          muted: style(document.querySelector('.observation')).color,
          tasks: Array.from({length: kColours}, (_, i) => colourOf(i + 1)),
        };
      });
      assert.ok(contrast(paper, ink) > 7);
      assert.ok(contrast(paper, muted) > 4.5);
      assert.equal(new Set(tasks).size, 8);
      for (const colour of tasks) assert.ok(contrast(paper, colour) > 3.5, colour);
    }));
}

for (const colorScheme of ['light', 'dark']) {
  test(`the button changes a page that began ${colorScheme}, and changes it back`, () =>
    onPage(real, {colorScheme}, async (page) => {
      const isDark = () =>
        page.evaluate(() => {
          const {backgroundColor, colorScheme} = getComputedStyle(document.body);
          return [colorScheme === 'dark', /^rgb\((\d\d?), /.test(backgroundColor)];
        });
      const [first, other] = [colorScheme === 'dark', colorScheme !== 'dark'];
      assert.deepEqual(await isDark(), [first, first]);
      await page.locator('#scheme').click();
      assert.deepEqual(await isDark(), [other, other]);
      await page.emulateMedia({colorScheme: colorScheme === 'dark' ? 'light' : 'dark'});
      assert.deepEqual(await isDark(), [other, other]);
      await page.locator('#scheme').click();
      assert.deepEqual(await isDark(), [first, first]);
    }));
}

test('its colours are plain ones, which browsers from before 2024 know, too', () =>
  onPage(real, {}, async (page) => {
    const style = (await page.locator('style').allTextContents()).join('');
    assert.doesNotMatch(style, /light-dark\(/);
    assert.equal(style.match(/^ +--task-\d: #[\da-f]{6};$/gm).length, 16);
  }));

test('on a narrow screen nothing is cut off', () =>
  onPage(real, {viewport: {width: 360, height: 740}}, async (page) => {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    for (const [i] of real.comparison.stages.entries()) {
      await page.evaluate((index) => {
        chooseStage(index);
        setStep(
          stepsOf(index).findLastIndex((step) => step.stack.length >= 3 && step.kind === 'print'),
        );
      }, i);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      const names = page.locator('.box-name');
      assert.ok((await names.count()) >= 3);
      for (const name of await names.all()) {
        assert.ok(await name.evaluate((element) => element.scrollWidth <= element.clientWidth));
      }
    }
  }));

for (const width of [360, 1200]) {
  test(`timelines and table go on one sheet of paper, also from a dark window of ${width} pixels`, () =>
    onPage(real, {colorScheme: 'dark', viewport: {width, height: 800}}, async (page) => {
      const pdf = await page.pdf({path: join(out, `print-${width}.pdf`), preferCSSPageSize: true});
      assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length, 1);
    }));
}

test('200 tasks and a poem of 10 MiB neither freeze it nor fill it', () =>
  onPage(pageOf('large', large()), {ownClock: true}, async (page) => {
    assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < 30000);
    await page.locator('#play').click();
    await page.clock.runFor(100);
    assert.ok((await clockOf(page)) > 0);
    await page.locator('#play').click();
    await page.locator('.row').nth(0).focus();
    await page.keyboard.press('End');
    assert.match(
      await page.locator('.row:focus').getAttribute('aria-valuetext'),
      /chunk 20,480 of 20,480/,
    );
    await page.locator('#forward').click();
    assert.equal((await nestOf(page)).length >= 3, true);
    await page.locator('#zoom').check();
    assert.match(await page.locator('.time-axis').textContent(), /^0 s1234$/);
    await page.screenshot({path: join(out, 'large.png')});
  }));

// Not judged here, but for people to look at.
test('pictures of it are in build/browser/', async () => {
  const looks = {
    light: {},
    dark: {colorScheme: 'dark'},
    narrow: {viewport: {width: 360, height: 740}},
  };
  for (const [name, options] of Object.entries(looks)) {
    await onPage(real, options, async (page) => {
      await page.evaluate(() =>
        setStep(stepsOf(clock.stage).findIndex((step) => step.kind === 'print')),
      );
      await page.locator('.player').evaluate((player) => {
        player.style.position = 'static';
      });
      await page.screenshot({path: join(out, `${name}.png`), fullPage: true});
    });
  }
});
