// What the page of compare-stages promises, in the browser. ./lesson test runs it; by hand, after
// ./lesson setup --browser and ./lesson build:
//     node --test compare-stages/browser/page.test.mjs
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {compare, launch, open, out, pageOf} from './browser.mjs';
import {evil, failures, large, splitCharacter} from './samples.mjs';

let browser;
let real; // a run of all our stages, with little patience between two sends

before(async () => {
  browser = await launch();
  real = compare('real', ['--delay', '0.004']);
});
after(() => browser?.close());

// Runs `body` with the page, and demands that there is nothing to complain about.
async function onPage({html}, options, body) {
  const {page, complaints} = await open(browser, html, options);
  try {
    await body(page);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

const seconds = (time) => `${(Math.round(100 * time + 1e-6) / 100).toFixed(2)} s`;
const grouped = (number) => number.toLocaleString('en');
const textsOf = (locator) =>
  locator.evaluateAll((elements) => elements.map((element) => element.textContent));
const nestOf = (page) => textsOf(page.locator('.nest .box-name code'));
const clockOf = async (page) => parseFloat(await page.locator('#time').textContent());
const reactors = () => real.comparison.stages.filter((stage) => stage.loop?.traced);

// ---------------------------------------------------------------- what is shown

test('it loads without an error, and asks nobody for anything', () =>
  onPage(real, {}, async (page) => {
    assert.equal(await page.locator('.stage .plot').count(), real.comparison.stages.length);
    assert.deepEqual(
      await textsOf(page.locator('#timelines h3')),
      real.comparison.stages.map((stage) => stage.name),
    );
  }));

test('its numbers are those of the JSON', () =>
  onPage(real, {}, async (page) => {
    const rows = page.locator('#costs tbody tr');
    for (const [i, stage] of real.comparison.stages.entries()) {
      const cells = await textsOf(rows.nth(i).locator('th, td'));
      assert.deepEqual(cells.slice(0, 5), [
        stage.name,
        seconds(stage.elapsed),
        stage.closeToInWords,
        grouped(stage.wakeUps),
        `${(1000 * (stage.userSeconds + stage.systemSeconds)).toFixed(1)} ms`,
      ]);
      assert.equal(
        cells[5],
        stage.peakMemory === null ? '–' : `${(stage.peakMemory / 1e6).toFixed(1)} MB`,
      );
      assert.equal(cells[6], grouped(stage.chunks));
      assert.equal(cells[7], `${stage.averageChunk.toFixed(1)} bytes`);
      assert.deepEqual(cells[8].match(/\d+/g).map(Number), stage.finished);
    }
    const poems = page.locator('#poems tbody tr');
    const tasks = real.comparison.stages.flatMap((stage) => stage.tasks);
    assert.equal(await poems.count(), tasks.length);
    for (const [i, task] of tasks.entries()) {
      const cells = await textsOf(poems.nth(i).locator('td'));
      assert.deepEqual(cells.slice(5, 8), [
        task.outcome,
        grouped(task.bytes),
        grouped(task.chunks.length),
      ]);
    }
    const names = await page.locator('.time-names').textContent();
    assert.ok(
      names.includes(seconds(real.comparison.slowest)) &&
        names.includes(seconds(real.comparison.sum)),
      names,
    );
  }));

test('a client that failed says how, and its lost poems end in a cross', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    const problems = await textsOf(page.locator('#timelines .problems'));
    assert.match(problems[0], /signal 11 \(Segmentation fault\)/);
    assert.match(problems[1], /hung/);
    assert.match(problems[2], /byte 12/);
    assert.equal(await page.locator('.row .end[d*=l10]').count(), 4);
    assert.deepEqual(await textsOf(page.locator('#costs td:last-child')), [
      '✗ failed',
      '✗ failed',
      '✗ differs',
    ]);
  }));

test('what a client prints does no harm, wherever it is shown', () =>
  onPage(pageOf('evil', evil()), {}, async (page) => {
    for (let i = 0; i < 3; ++i) await page.locator('#forward').click();
    await page.locator('.row').first().focus();
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator('img').count(), 0);
    assert.match(await page.locator('.source').textContent(), /^<\/script><script>/);
  }));

// ---------------------------------------------------------------- the replay

test('play moves the clock as fast as it says, and pause stops it', () =>
  onPage(real, {ownClock: true}, async (page) => {
    await page.locator('#speed').selectOption('0.5');
    await page.locator('#play').click();
    await page.clock.runFor(400);
    const time = await clockOf(page);
    assert.ok(time > 0.15 && time <= 0.2, `${time} s after 0.4 s at half the speed`);
    assert.equal(await page.locator('#play-word').textContent(), 'Pause');
    await page.locator('#play').click();
    await page.clock.runFor(400);
    assert.equal(await clockOf(page), time);
  }));

test('it stops at the end, and then begins anew', () =>
  onPage(real, {ownClock: true}, async (page) => {
    await page.locator('#speed').selectOption('5');
    await page.locator('#play').click();
    await page.clock.runFor(60000);
    assert.equal(await page.locator('#play-word').textContent(), 'Play');
    assert.equal(await page.locator('.replay-stage.over').count(), real.comparison.stages.length);
    await page.locator('#play').click();
    await page.clock.runFor(20);
    assert.ok((await clockOf(page)) < 0.2);
  }));

test('nothing plays by itself', () =>
  onPage(real, {ownClock: true, reducedMotion: 'reduce'}, async (page) => {
    await page.clock.runFor(5000);
    assert.equal(await clockOf(page), 0);
    await page.locator('#forward').click();
    assert.equal(
      await page
        .locator('.box')
        .first()
        .evaluate((box) => getComputedStyle(box).animationName),
      'none',
    );
  }));

test('at each moment a poem shows the bytes that had arrived, and no others', () =>
  onPage(real, {}, async (page) => {
    const end = Number(await page.locator('#scrub').getAttribute('max'));
    for (const part of [0.05, 0.2, 0.45, 1]) {
      const time = await page.evaluate((at) => {
        setTime(at);
        return clock.time;
      }, part * end);
      for (const [i, stage] of real.comparison.stages.entries()) {
        const poems = page.locator('.replay-stage').nth(i).locator('.poem');
        for (const task of (stage.loop ?? stage).tasks) {
          const arrived = task.chunks
            .filter(([at]) => at <= time)
            .reduce((sum, [, size]) => sum + size, 0);
          const poem = poems.nth(task.task - 1);
          const server = real.comparison.servers[task.task - 1];
          assert.equal(
            await poem.locator('.poem-count').textContent(),
            `${grouped(arrived)} of ${grouped(server.bytes)}`,
          );
          const known = Buffer.from(server.text, 'base64')
            .subarray(0, arrived)
            .toString()
            .replace(/\ufffd+$/, '');
          const shown = await poem.locator('.page').evaluate((element) => element.firstChild.data);
          assert.ok(
            known.endsWith(shown) && (shown !== '' || known === ''),
            `${stage.name}, task ${task.task}`,
          );
        }
      }
    }
  }));

test('a character that arrives in pieces is not shown before its last byte', () =>
  onPage(pageOf('split', splitCharacter()), {}, async (page) => {
    const states = [];
    for (let i = 1; i <= 6; ++i) {
      await page.evaluate((at) => setTime(at), i / 10 + 0.001);
      states.push(
        await page.locator('.poem .page').evaluate((element) => element.innerText.trimEnd()),
      );
    }
    assert.deepEqual(states, ['a', 'a▒', 'a▒', 'a▒', 'a🎵', 'a🎵b']);
  }));

// ---------------------------------------------------------------- the loop

test('a step shows the next callback, and the nest of calls as it was recorded', () =>
  onPage(real, {}, async (page) => {
    assert.equal(reactors().length, 3);
    for (const stage of reactors()) {
      await page
        .locator(`#chooser input[value="${real.comparison.stages.indexOf(stage)}"]`)
        .check({force: true});
      await page.evaluate(() => setTime(0));
      const steps = stage.loop.steps.slice(0, 25);
      for (const step of steps) {
        await page.locator('#forward').click();
        assert.deepEqual(await nestOf(page), step.stack);
        assert.equal(await page.locator('.source').textContent(), step.text);
        if (step.kind === 'print')
          assert.equal(await page.locator('.printed .now').textContent(), step.text);
        if (step.kind === 'wait')
          assert.match(await page.locator('.sentence').textContent(), /sleeps/);
      }
      await page.locator('#back').click();
      assert.deepEqual(await nestOf(page), steps.at(-2).stack);
    }
  }));

test('the nest of lesson 5 reaches from main to dataReceived', () =>
  onPage(real, {}, async (page) => {
    const steps = reactors().at(-1).loop.steps;
    await page.evaluate(
      (step) => setStep(step),
      steps.findIndex((step) => step.kind === 'print'),
    );
    assert.deepEqual(await nestOf(page), [
      'main',
      'getPoetry',
      'Reactor::run',
      'TcpConnection::doRead',
      'PoetryProtocol::dataReceived',
    ]);
    assert.match(await page.locator('.chip[data-state=awake]').textContent(), /has its turn/);
  }));

test('of a client that nobody knows there are its lines, and no loop is made up', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    assert.match(await page.locator('.sentence').textContent(), /nobody can tell/);
    assert.deepEqual(await nestOf(page), ['dies']);
    assert.equal(await page.locator('.wire').count(), 0);
    assert.equal(await page.locator('.steps:visible').count(), 0);
  }));

test('it says of each client where its steps come from', () =>
  onPage(real, {}, async (page) => {
    for (const [i, stage] of real.comparison.stages.entries()) {
      await page.evaluate((index) => chooseStage(index), i);
      assert.match(
        await page.locator('.origin').textContent(),
        stage.loop.traced ? /--trace/ : /Told from the lines/,
      );
    }
  }));

// ---------------------------------------------------------------- without a mouse

test('arrow keys go from chunk to chunk, and what is there is said', () =>
  onPage(real, {}, async (page) => {
    const stage = real.comparison.stages[1];
    const [at, size] = stage.tasks[1].chunks[0];
    await page.locator('.plot').nth(1).locator('.row').first().focus();
    const said = () => page.locator('#chunk').textContent();
    assert.match(await said(), /^async-client\. Task 1, ecstasy: chunk 1 of /);
    await page.keyboard.press('ArrowRight');
    assert.match(await said(), /chunk 2 of /);
    await page.keyboard.press('End');
    assert.match(await said(), /3,003 of 3,003 bytes so far/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    assert.match(
      await said(),
      new RegExp(`Task 2, fascination: chunk 1 of .* ${size} bytes at ${at.toFixed(3)} s`),
    );
  }));

test('a mouse gets the same words', () =>
  onPage(real, {}, async (page) => {
    const plot = page.locator('.plot').nth(1);
    const frame = await plot.boundingBox();
    await page.mouse.move(frame.x + 130, frame.y + 32);
    assert.match(
      await page.locator('.tip:visible').textContent(),
      /Task 1, ecstasy: chunk \d+ of /,
    );
    await page.mouse.move(0, 0);
    assert.equal(await page.locator('.tip:visible').count(), 0);
  }));

test('space plays, and arrows step, when the player is to be seen', () =>
  onPage(real, {ownClock: true}, async (page) => {
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('.step-number').textContent(), /^Step 0 /);
    await page.locator('#loop').scrollIntoViewIfNeeded();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('.step-number').textContent(), /^Step 2 /);
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator('.step-number').textContent(), /^Step 1 /);
    await page.keyboard.press(' ');
    assert.equal(await page.locator('#play-word').textContent(), 'Pause');
  }));

test('everything that can be used has a name', () =>
  onPage(real, {}, async (page) => {
    const controls = await page
      .locator('button, select, input, [role=slider], [role=region]')
      .all();
    assert.ok(controls.length > 20);
    for (const control of controls) {
      const name = await control.evaluate(
        (element) =>
          element.ariaLabel ??
          (element.textContent.trim() ||
            element.labels?.[0]?.textContent ||
            document.getElementById(element.getAttribute('aria-labelledby'))?.textContent),
      );
      assert.ok(name, await control.evaluate((element) => element.outerHTML));
    }
  }));

// ---------------------------------------------------------------- how it looks

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
    assert.match(await page.locator('#chunk').textContent(), /chunk 20,480 of 20,480/);
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
