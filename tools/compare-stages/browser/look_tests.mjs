// How the page looks: colours, narrow screens, paper, many tasks.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';

import {out, pageOf} from './browser.mjs';
import {contrast} from './contrast.mjs';
import {clockOf, stackOf, onPage, real} from './on_page.mjs';
import {burst, crowd, large} from './samples.mjs';

for (const colorScheme of ['light', 'dark']) {
  test(`a ${colorScheme} page has readable text and a visible colour for every task`, () =>
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

// The colour of an element on the screen: its stroke mixed with the page, by the opacity of the stroke
// and of all elements around it.
const drawnColours = (page, selector) =>
  page.locator(selector).evaluateAll((elements) => {
    const parts = (colour) => colour.match(/\d+(\.\d+)?/g).map(Number);
    const paper = parts(getComputedStyle(document.body).backgroundColor);
    return elements.map((element) => {
      const {stroke, strokeOpacity} = getComputedStyle(element);
      const [r, g, b, alpha = 1] = parts(stroke);
      let opacity = alpha * strokeOpacity;
      for (let one = element; one; one = one.parentElement)
        opacity *= getComputedStyle(one).opacity;
      const over = [r, g, b].map((part, i) => part * opacity + paper[i] * (1 - opacity));
      return `rgb(${over.join(', ')})`;
    });
  });

for (const colorScheme of ['light', 'dark']) {
  test(`all lines are visible on a ${colorScheme} page`, () =>
    onPage(pageOf('burst', burst()), {colorScheme}, async (page) => {
      await page.evaluate(() => (chooseClient(0), setStep(0)));
      assert.equal(await page.locator('.wire').count(), 2);
      const lines = '.span, .end, .at-elapsed, .at-slowest, .at-sum, .wire';
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      for (const line of lines.split(', ')) {
        const colours = await drawnColours(page, line);
        assert.ok(colours.length > 0, line);
        for (const colour of colours)
          assert.ok(contrast(background, colour) >= 3, `${line}: ${contrast(background, colour)}`);
      }
    }));

  for (const number of [13, 200]) {
    test(`the waiting lines of ${number} tasks are visible on a ${colorScheme} page`, () =>
      onPage(pageOf(`crowd-${number}`, crowd(number)), {colorScheme}, async (page) => {
        const {paper, lines} = await page.evaluate(() => {
          const {canvas, layout} = views[0];
          const ratio = canvas.width / layout.width;
          const [r, g, b] = getComputedStyle(document.body)
            .backgroundColor.match(/\d+/g)
            .map(Number);
          // Before the first chunk, a row has only its line.
          const x = Math.round(ratio * layout.x(0.02));
          const {data} = canvas.getContext('2d').getImageData(x, 0, 1, canvas.height);
          const lines = comparison.servers.map((_, row) => {
            const top = layout.rowMiddle(row) - layout.rowHeight / 2;
            const [begin, end] = [top, top + layout.rowHeight].map((y) => Math.round(ratio * y));
            const pixels = [];
            for (let i = 4 * begin; i < 4 * end; i += 4) {
              const alpha = data[i + 3] / 255;
              const over = [r, g, b].map((part, k) => data[i + k] * alpha + part * (1 - alpha));
              pixels.push(`rgb(${over.join(', ')})`);
            }
            return pixels;
          });
          return {paper: `rgb(${r}, ${g}, ${b})`, lines};
        });
        for (const pixels of lines) {
          const contrasts = pixels.map((colour) => contrast(paper, colour));
          assert.ok(Math.max(...contrasts) >= 3, `${contrasts}`);
          assert.ok(Math.min(...contrasts) < 1.1, 'the line fills its row');
        }
      }));
  }
}

for (const colorScheme of ['light', 'dark']) {
  test(`the button changes the colours of a ${colorScheme} page, and changes them back`, () =>
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

test('the style sheets use colours that browsers from before 2024 understand', () =>
  onPage(real, {}, async (page) => {
    const style = (await page.locator('style').allTextContents()).join('');
    assert.doesNotMatch(style, /light-dark\(/);
    assert.equal(style.match(/^ +--task-\d: #[\da-f]{6};$/gm).length, 16);
  }));

// The elements whose text does not fit: wider than their box, which hides the rest. The poems and the
// printed lines show their ends, and a screen reader's texts are invisible on purpose.
const cutElements = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => {
        const {overflowX, visibility} = getComputedStyle(element);
        const isCut = overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
        return isCut && visibility === 'visible' && !element.matches('.unseen, input, select');
      })
      .map((element) => `${element.tagName}.${element.className}: ${element.textContent}`),
  );

for (const size of ['normal', 'large'])
  test(`with ${size} text, nothing is cut off on a screen of 400 pixels`, () =>
    onPage(real, {viewport: {width: 400, height: 800}}, async (page) => {
      if (size === 'large') await page.locator('#large').click();
      await page.locator('summary').click();
      for (const client of real.comparison.stages.keys()) {
        await page.evaluate((chosen) => {
          chooseClient(chosen);
          const steps = stepsOf(chosen);
          setStep(steps.findIndex((step) => step.at > clock.end / 4 && step.kind === 'print'));
        }, client);
        assert.deepEqual(await cutElements(page), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
      }
    }));

test('with large text, no text is smaller than 20 pixels on a projector', () =>
  onPage(real, {viewport: {width: 1920, height: 1080}}, async (page) => {
    await page.locator('#large').click();
    assert.equal(await page.locator('#large').getAttribute('aria-pressed'), 'true');
    await page.evaluate(() => (setTime(comparison.slowest / 2), goToNextChunk()));
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((element) =>
          [...element.childNodes].some(
            (child) => child.nodeType === Node.TEXT_NODE && child.data.trim(),
          ),
        )
        .filter((element) => element.getClientRects().length > 0 && !element.closest('.unseen'))
        .map((element) => {
          const size = parseFloat(getComputedStyle(element).fontSize);
          const svg = element.ownerSVGElement;
          const scale = svg ? svg.clientWidth / svg.viewBox.baseVal.width : 1;
          return [size * scale, element.textContent];
        })
        .filter(([size]) => size < 1080 / 54),
    );
    assert.deepEqual(small, []);
    await page.locator('#large').click();
    assert.equal(await page.locator('#large').getAttribute('aria-pressed'), 'false');
  }));

test('the page uses the width of a wide window', () =>
  onPage(real, {viewport: {width: 1920, height: 1080}}, async (page) => {
    for (const part of ['#timelines', '#costs', '#clients', '.loop-picture', '#player']) {
      const {width} = await page.locator(part).boundingBox();
      assert.ok(width > 1750, `${part}: ${width}`);
    }
  }));

for (const [width, height, size] of [
  [1280, 720, 'normal'],
  [1280, 720, 'large'],
  [1920, 1080, 'large'],
])
  test(`at ${width} x ${height} with ${size} text, the player covers nothing of a step`, () =>
    onPage(real, {viewport: {width, height}}, async (page) => {
      if (size === 'large') await page.locator('#large').click();
      for (const client of real.comparison.stages.keys()) {
        const spaces = await page.evaluate((chosen) => {
          chooseClient(chosen);
          // The steps with the deepest call stack and with the longest sentence.
          const steps = stepsOf(chosen).slice(0, 300);
          const depths = steps.map((step) => step.stack.length);
          const lengths = steps.map((_, i) => stepInWords(inside.recording, i).length);
          return [depths, lengths].map((sizes) => {
            setStep(sizes.indexOf(Math.max(...sizes)));
            document.getElementById('inside').scrollIntoView();
            const of = (selector) => document.querySelector(selector).getBoundingClientRect();
            return of('#player').top - of('.loop-lists').bottom;
          });
        }, client);
        assert.ok(Math.min(...spaces) >= 0, `client ${client}: ${spaces}`);
      }
      if (size === 'normal') {
        const below = await page.evaluate(() => {
          document.getElementById('clients').scrollIntoView();
          const of = (id) => document.getElementById(id).getBoundingClientRect();
          return of('player').top - of('clients').bottom;
        });
        assert.ok(below >= 0, `${below}`);
      }
    }));

test('the player does not cover what has the keyboard focus', () =>
  onPage(real, {viewport: {width: 1280, height: 720}}, async (page) => {
    await page.evaluate(() => (setStep(10), window.scrollTo(0, 0)));
    const last = page.locator('.steps button').last();
    await last.focus();
    const [button, player] = [
      await last.boundingBox(),
      await page.locator('#player').boundingBox(),
    ];
    assert.ok(button.y + button.height <= player.y, JSON.stringify([button, player]));
  }));

test('nothing is cut off on a narrow screen', () =>
  onPage(real, {viewport: {width: 360, height: 740}}, async (page) => {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    for (const [i] of real.comparison.stages.entries()) {
      await page.evaluate((index) => {
        chooseClient(index);
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
  test(`a dark window of ${width} pixels prints timelines and table on one sheet`, () =>
    onPage(real, {colorScheme: 'dark', viewport: {width, height: 800}}, async (page) => {
      const pdf = await page.pdf({path: join(out, `print-${width}.pdf`), preferCSSPageSize: true});
      assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length, 1);
    }));
}

for (const width of [360, 1200]) {
  test(`a window of ${width} pixels prints the rows of 200 tasks beside their names`, () =>
    onPage(pageOf('large', large()), {viewport: {width, height: 800}}, async (page) => {
      await page.pdf({path: join(out, `print-large-${width}.pdf`), preferCSSPageSize: true});
      // The page gets its layout for paper, and keeps it while the test measures.
      await page.evaluate(() => {
        window.dispatchEvent(new Event('beforeprint'));
        redrawTimelines = () => {};
      });
      await page.emulateMedia({media: 'print'});
      const frames = await page.evaluate(() =>
        views.map(({svg, canvas, frame}) =>
          [svg, canvas, frame].map((element) => {
            const {top, bottom, left, right} = element.getBoundingClientRect();
            return [top, bottom, left, right].map(Math.round);
          }),
        ),
      );
      for (const [svg, canvas, frame] of frames) {
        assert.deepEqual(canvas, svg);
        assert.ok(canvas[1] <= frame[1], `the canvas ends ${canvas[1] - frame[1]} pixels too late`);
      }
      const names = await page.locator('.plot').first().locator('.row-name').allTextContents();
      assert.deepEqual([names.at(0), names.at(-1)], ['1 poem-1', '200 poem-200']);
    }));
}

test('the page stays fast and small with 200 tasks and a poem of 10 MiB', () =>
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
    assert.equal((await stackOf(page)).length >= 3, true);
    await page.locator('#zoom').check();
    assert.match(await page.locator('.time-axis').textContent(), /^0 s1234$/);
    await page.screenshot({path: join(out, 'large.png')});
  }));

// No assertions: these pictures are for people to look at.
test('pictures of the page are saved in build/browser/', async () => {
  const looks = {
    light: {},
    dark: {colorScheme: 'dark'},
    narrow: {viewport: {width: 360, height: 740}},
    large: {viewport: {width: 1920, height: 1080}},
  };
  for (const [name, options] of Object.entries(looks)) {
    await onPage(real, options, async (page) => {
      if (name === 'large') await page.locator('#large').click();
      await page.evaluate(() =>
        setStep(stepsOf(clock.client).findIndex((step) => step.kind === 'print')),
      );
      await page.locator('.player').evaluate((player) => {
        player.style.position = 'static';
      });
      await page.screenshot({path: join(out, `${name}.png`), fullPage: true});
    });
  }
});
