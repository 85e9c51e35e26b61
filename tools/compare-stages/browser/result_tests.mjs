// The result: timelines, tables and texts, and how keyboard and mouse work in them.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {compare, pageOf} from './browser.mjs';
import {grouped, onPage, real, seconds, textsOf} from './on_page.mjs';
import {crowd, evil, failures, large, manners, silent} from './samples.mjs';

const kBroken = 'reactor-client-1-broken';

test('the page loads without an error and without a request', () =>
  onPage(real, {}, async (page) => {
    assert.equal(await page.locator('.client .plot').count(), real.comparison.stages.length);
    assert.deepEqual(
      await textsOf(page.locator('#timelines h3')),
      real.comparison.stages.map((client) => client.name),
    );
  }));

test('the numbers in the tables are those of the JSON', () =>
  onPage(real, {}, async (page) => {
    const rows = page.locator('#costs tbody tr');
    for (const [i, client] of real.comparison.stages.entries()) {
      const cells = await textsOf(rows.nth(i).locator('th, td'));
      assert.deepEqual(cells.slice(0, 5), [
        client.name,
        seconds(client.elapsed),
        client.closeToInWords,
        grouped(client.wakeUps),
        `${(1000 * (client.userSeconds + client.systemSeconds)).toFixed(1)} ms`,
      ]);
      assert.equal(
        cells[5],
        client.peakMemory === null ? '–' : `${(client.peakMemory / 1e6).toFixed(1)} MB`,
      );
      assert.equal(cells[6], grouped(client.chunks));
      assert.equal(cells[7], `${client.averageChunk.toFixed(1)} bytes`);
      assert.deepEqual(cells[8].match(/\d+/g).map(Number), client.finished);
    }
    const poems = page.locator('#poems tbody tr');
    const tasks = real.comparison.stages.flatMap((client) => client.tasks);
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

test('a client that failed shows its problems, and its incomplete poems end in a cross', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    const problems = await textsOf(page.locator('#timelines .problems'));
    assert.match(problems[0], /signal 11 \(Segmentation fault\)/);
    assert.match(problems[1], /made no progress and was killed/);
    assert.match(problems[2], /byte 12/);
    assert.equal(await page.locator('.row .end[d*=l10]').count(), 4);
    assert.deepEqual(await textsOf(page.locator('#costs td:last-child')), [
      '✗ failed',
      '✗ failed',
      '✗ differs',
    ]);
  }));

test('text from a client is never run as a script', () =>
  onPage(pageOf('evil', evil()), {}, async (page) => {
    for (let i = 0; i < 3; ++i) await page.locator('#forward').click();
    await page.locator('.row').first().focus();
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator('img').count(), 0);
    assert.match(await page.locator('.source').textContent(), /^<\/script><script>/);
  }));

test('keys move from chunk to chunk, and each chunk is described', () =>
  onPage(real, {}, async (page) => {
    const client = real.comparison.stages[1];
    const [at, size] = client.tasks[1].chunks[0];
    await page.locator('.plot').nth(1).locator('.row').first().focus();
    const said = () => page.locator('.row:focus').getAttribute('aria-valuetext');
    assert.match(await said(), /^Task 1, ecstasy: chunk 1 of .* at .* bytes so far$/);
    await page.keyboard.press('ArrowRight');
    assert.match(await said(), /chunk 2 of /);
    await page.keyboard.press('PageUp');
    assert.match(await said(), /chunk 12 of /);
    await page.keyboard.press('PageDown');
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

test('a screen reader reads a chunk once, as the value of its row', () =>
  onPage(real, {}, async (page) => {
    const row = page.locator('.plot').nth(1).locator('.row').first();
    await row.focus();
    await page.keyboard.press('ArrowRight');
    const tip = (await textsOf(page.locator('.tip:visible span'))).join('. ');
    assert.equal(await row.getAttribute('aria-valuetext'), tip);
    for (const live of await page.locator('[aria-live], [role=status]').all()) {
      assert.doesNotMatch(await live.textContent(), /chunk 2 of/);
    }
  }));

test('the tip of a task without chunks is next to its row', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    const rows = page.locator('.plot').first().locator('.row');
    await rows.first().focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowDown');
    const tip = page.locator('.tip:visible');
    assert.equal(await tip.textContent(), 'Task 2, poem-2: nothing arrived');
    const [row, end] = [rows.nth(1), rows.nth(1).locator('.end')];
    const middle = (box) => box.y + box.height / 2;
    const below = (await tip.boundingBox()).y - middle(await row.locator('.ground').boundingBox());
    assert.ok(below > 8 && below < 24, `${below} pixels below the middle of its row`);
    const [box, mark] = [await tip.boundingBox(), await end.boundingBox()];
    assert.ok(box.x <= mark.x && mark.x <= box.x + box.width);
  }));

test('the focus stays on its row when the timelines are drawn again', () =>
  onPage(real, {}, async (page) => {
    const row = page.locator('.plot').nth(2).locator('.row').nth(1);
    await page.locator('.plot').nth(2).locator('.row').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('PageUp');
    const said = await row.getAttribute('aria-valuetext');
    for (const redraw of [
      () => page.setViewportSize({width: 900, height: 800}),
      () => page.emulateMedia({colorScheme: 'dark'}),
      () => page.evaluate(() => redrawTimelines()),
    ]) {
      const before = await row.elementHandle();
      await redraw();
      await page.waitForFunction((old) => !old.isConnected, before);
      assert.equal(await row.evaluate((element) => element === document.activeElement), true);
      assert.equal(await row.getAttribute('aria-valuetext'), said);
      assert.equal(await page.locator('.tip:visible').count(), 1);
    }
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    assert.equal(await row.evaluate((element) => element === document.activeElement), true);
  }));

test('a waiting line begins at a known time, and is missing when no time is known', () =>
  onPage(pageOf('silent', silent()), {}, async (page) => {
    const begins = await page.evaluate(() =>
      views.map(({rows, layout}) =>
        rows.map((row) => {
          const line = row.querySelector('.span')?.getAttribute('d');
          return line ? ((parseFloat(line.slice(1)) - layout.x(0)) / layout.plot) * timeEnd : null;
        }),
      ),
    );
    const rounded = begins.map((rows) => rows.map((at) => at && Number(at.toFixed(6))));
    assert.deepEqual(rounded, [
      [0, 0],
      [0.01, null],
      [0.04, null],
      [0.02, null],
    ]);
  }));

test('a caption says what the rows show', () =>
  onPage(pageOf('manners', manners()), {}, async (page) => {
    assert.deepEqual(await textsOf(page.locator('.observation')), [
      'Reports a few bytes of one poem, then a few of another.',
      'Reports each poem only when it is complete.',
      'Reports all bytes of one poem before the first bytes of the next.',
      'Reports everything at once: its output may be buffered.',
    ]);
  }));

test('a caption has the remarks of its client, which name --check for a suspicion', () =>
  onPage(real, {}, async (page) => {
    for (const [i, {name, remarks}] of real.comparison.stages.entries()) {
      const shown = page.locator('#timelines article').nth(i).locator('.remark');
      assert.deepEqual(await textsOf(shown), remarks.map((text) => ` ${text}`));
      assert.equal(/it may read one server at a time\. .* --check /.test(remarks), name === kBroken);
    }
  }));

test('the last lines on standard error of a client that fails are below its timeline', () => {
  const raises = `import sys
print(*range(300), sep="\\n", file=sys.stderr)
def get(): raise RuntimeError("the third poem")
get()
`;
  const sample = compare(
    'raises',
    ['--stage', 'async-client', '--client', 'mine=/usr/bin/env', 'python3', '-c', raises],
    1,
  );
  return onPage(sample, {viewport: {width: 400, height: 800}}, async (page) => {
    const [good, bad] = await page.locator('#timelines article').all();
    assert.equal(await good.locator('.last-lines').count(), 0);
    const lines = (await bad.locator('.last-lines pre').textContent()).split('\n');
    assert.equal(lines.length, 8);
    assert.equal(lines.at(-1), 'RuntimeError: the third poem');
    const problems = await textsOf(bad.locator('.problems li'));
    assert.equal(problems[0], 'exit code 1');
    assert.doesNotMatch(problems.join(), /standard error|left out/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
  });
});

test('a client that failed is not called close to a time', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    const {stages} = failures();
    assert.deepEqual(
      await textsOf(page.locator('.verdict')),
      stages.map((client) => seconds(client.elapsed)),
    );
    assert.deepEqual(await textsOf(page.locator('#costs td:nth-child(3)')), ['–', '–', '–']);
    assert.match(
      await page.locator('#summary').textContent(),
      /Three clients, each in a run of its own, asked for all of them/,
    );
  }));

test('the page explains the drawing when a mark is not a chunk', async () => {
  const said = async (sample) => {
    let text;
    await onPage(sample, {}, async (page) => {
      text = await page.locator('#how-drawn').textContent();
    });
    return text;
  };
  assert.equal(await said(real), '');
  assert.match(await said(pageOf('crowd', crowd(20))), /however few/);
  const {servers, stages, ...rest} = large();
  const [first] = stages.map((client) => ({
    ...client,
    loop: null,
    tasks: client.tasks.slice(0, 1),
  }));
  const few = {...rest, servers: servers.slice(0, 1), stages: [first]};
  assert.match(await said(pageOf('crowded', few)), /columns instead/);
});

test('the mouse shows the same details as the keyboard', () =>
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

test('the space bar and the arrow keys work while the player is visible', () =>
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

test('the arrow keys go to the player after a click on a client, but not after a key', () =>
  onPage(real, {ownClock: true}, async (page) => {
    const number = () => page.locator('.step-number').textContent();
    const chosen = () => page.locator('#chooser input:checked').getAttribute('value');
    await page.locator('#loop').scrollIntoViewIfNeeded();
    await page.keyboard.press('ArrowRight');
    await page.locator('#chooser label').nth(1).click();
    await page.evaluate(() => setStep(-1));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.equal(await chosen(), '1');
    assert.match(await number(), /^Step 2 /);
    await page.keyboard.press(' ');
    assert.equal(await page.locator('#play-word').textContent(), 'Pause');
    await page.keyboard.press(' ');
    await page.locator('#chooser input').nth(1).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.equal(await chosen(), '3');
  }));

test('every control has a name', () =>
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
