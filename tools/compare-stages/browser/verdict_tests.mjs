// The page of --check: the summary of a class, and what each client did.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {pageOf} from './browser.mjs';
import {onPage, textsOf} from './on_page.mjs';

const run = {
  command: ['./client', '<b>&amp;'],
  ending: {exitCode: 1},
  elapsed: 1.5,
  lines: [
    {at: 0.25, stream: 'output', text: 'Task 1 finished'},
    {at: 0.5, stream: 'errors', text: 'on standard error'},
  ],
  messages: ['</script><script>throw 1</script>', 'RuntimeError'],
};
const verdict = {
  judgement: 'asynchronous',
  succeeded: true,
  shouldBe: true,
  isAsItShouldBe: true,
  why: 'It reported each chunk.',
  advice: '',
  problems: [],
  run,
};
const wrong = {
  ...verdict,
  client: '<i>"deaf" & \'mute\'</i> 李雷',
  judgement: 'not asynchronous',
  isAsItShouldBe: false,
  why: 'It reads one server at a time.',
  advice: 'Use select.',
};
const notRun = {
  ...verdict,
  client: 'a'.repeat(300),
  judgement: 'cannot be judged',
  succeeded: false,
  isAsItShouldBe: false,
  problems: ['it was not run', 'on standard error: RuntimeError', '(3 messages left out)'],
  run: {...run, command: [], lines: [], messages: []},
};
const classPage = () =>
  pageOf(
    'class',
    {
      started: '2026-01-01T12:00:00Z',
      servers: [],
      stages: [],
      verdicts: [{...verdict, client: 'right.py'}, wrong, notRun],
      skipped: ['README.md'],
    },
    'verdicts.html',
  );

test('the page of a class opens with the counts and a row for each client', () =>
  onPage(classPage(), {}, async (page) => {
    assert.equal(
      await page.locator('#summary').textContent(),
      '1 of 3 clients passed. 1 asynchronous, 1 not asynchronous, 1 cannot be judged.',
    );
    assert.deepEqual(await textsOf(page.locator('#verdicts tbody tr').nth(0).locator('th, td')), [
      'right.py',
      '✓ asynchronous',
      '',
    ]);
    assert.deepEqual(await textsOf(page.locator('#verdicts tbody tr').nth(1).locator('th, td, p')), [
      wrong.client,
      '✗ not asynchronous',
      'It reads one server at a time.Use select.',
      'It reads one server at a time.',
      'Use select.',
    ]);
    assert.match(await page.locator('#skipped').textContent(), /README\.md/);
  }));

test('the row of a client that failed begins with why, in its own last words', () => {
  const messages = ['raise RuntimeError("sad")', '      ^^^^^^^^', 'RuntimeError: sad', ''];
  const problems = ['exit code 1', ...messages.map((text) => `on standard error: ${text}`)];
  const failed = {...wrong, judgement: 'asynchronous', succeeded: false, problems, advice: ''};
  const verdicts = [{...failed, run: {...run, messages}}];
  const sample = {started: '2026-01-01T12:00:00Z', servers: [], stages: [], verdicts, skipped: []};
  return onPage(pageOf('failed', sample, 'verdicts.html'), {}, async (page) => {
    assert.deepEqual(await textsOf(page.locator('#verdicts tbody td p')), [
      'exit code 1: RuntimeError: sad',
      'It reads one server at a time.',
    ]);
    assert.deepEqual(await textsOf(page.locator('.each .bad')), ['exit code 1']);
  });
});

test('the name of a client leads to what it did', () =>
  onPage(classPage(), {}, async (page) => {
    await page.locator('#verdicts a').nth(1).click();
    const each = page.locator('.each:target');
    assert.equal(await each.locator('h3').textContent(), `${wrong.client}: ✗ not asynchronous`);
    assert.deepEqual(await textsOf(each.locator('pre')), [
      '$ ./client <b>&amp;\n0.250 s  Task 1 finished',
      '</script><script>throw 1</script>\nRuntimeError',
    ]);
    assert.match(await each.locator('.note').nth(0).textContent(), /exit code 1 after 1\.50 s/);
    assert.equal(await page.locator('.each').nth(2).locator('pre').count(), 0);
  }));

test('a client that passed has its advice in its row', () => {
  const spins = {...verdict, client: 'spins.py', advice: 'It never sleeps.'};
  const ofLesson = {...wrong, client: 'blocking-client', shouldBe: false, isAsItShouldBe: true};
  const verdicts = [spins, ofLesson];
  const sample = {started: '2026-01-01T12:00:00Z', servers: [], stages: [], verdicts, skipped: []};
  return onPage(pageOf('spins', sample, 'verdicts.html'), {}, async (page) => {
    assert.deepEqual(await textsOf(page.locator('#verdicts tbody td')), [
      '✓ asynchronous',
      'It never sleeps.',
      '✓ not asynchronous, as its lesson shows',
      '',
    ]);
  });
});

test('the page of a class has large text and dark colours', () =>
  onPage(classPage(), {}, async (page) => {
    const root = page.locator('html');
    const size = () => root.evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
    const before = await size();
    await page.locator('#large').click();
    assert.ok((await size()) >= before * 1.25);
    await page.locator('#scheme').click();
    assert.equal(await root.getAttribute('data-scheme'), 'dark');
    assert.equal(await page.locator('#scheme').textContent(), 'Light');
  }));

test('the page of a class is not cut on a narrow screen', () =>
  onPage(classPage(), {viewport: {width: 400, height: 800}}, async (page) => {
    for (const size of ['normal', 'large']) {
      if (size === 'large') await page.locator('#large').click();
      for (const selector of ['html', '.wide']) {
        const [inner, outer] = await page
          .locator(selector)
          .evaluate(({scrollWidth, clientWidth}) => [scrollWidth, clientWidth]);
        assert.ok(inner <= outer, `${size}: ${selector}: ${inner} > ${outer}`);
      }
    }
  }));
