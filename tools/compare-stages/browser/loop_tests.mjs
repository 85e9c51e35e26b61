// The loop view.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {pageOf} from './browser.mjs';
import {stackOf, onPage, reactors, real} from './on_page.mjs';
import {burst, failures, truncated} from './samples.mjs';

test('each step shows the call stack and the line that were recorded', () =>
  onPage(real, {}, async (page) => {
    assert.equal(reactors().length, 3);
    for (const client of reactors()) {
      await page
        .locator(`#chooser input[value="${real.comparison.stages.indexOf(client)}"]`)
        .check({force: true});
      await page.evaluate(() => setTime(0));
      const steps = client.loop.steps.slice(0, 25);
      for (const step of steps) {
        await page.locator('#forward').click();
        assert.deepEqual(await stackOf(page), step.stack);
        assert.equal(await page.locator('.source').textContent(), step.text);
        if (step.kind === 'print')
          assert.equal(await page.locator('.printed .now').textContent(), step.text);
        if (step.kind === 'wait')
          assert.match(await page.locator('.sentence').textContent(), /sleeps/);
      }
      await page.locator('#back').click();
      assert.deepEqual(await stackOf(page), steps.at(-2).stack);
    }
  }));

test('the call stack of lesson 5 reaches from main to dataReceived', () =>
  onPage(real, {}, async (page) => {
    const steps = reactors().at(-1).loop.steps;
    await page.evaluate(
      (step) => setStep(step),
      steps.findIndex((step) => step.kind === 'print'),
    );
    assert.deepEqual(await stackOf(page), [
      'main',
      'getPoetry',
      'Reactor::run',
      'TcpConnection::doRead',
      'PoetryProtocol::dataReceived',
    ]);
    assert.match(await page.locator('.chip[data-state=active]').textContent(), /active/);
  }));

test('a wake-up names the ready connection, and not the call that follows', () =>
  onPage(real, {}, async (page) => {
    for (const [client, {name, loop}] of real.comparison.stages.entries()) {
      const wakes = loop.steps.flatMap(({kind}, i) => (kind === 'wake' ? [i] : [])).slice(0, 5);
      assert.equal(wakes.length > 0, name !== 'blocking-client');
      const said = await page.evaluate(
        (to) => {
          chooseClient(to.client);
          const textOf = (selector) => document.querySelector(selector).textContent;
          return to.wakes.map((wake) => {
            setStep(wake);
            return [textOf('.sentence'), textOf('.steps [aria-current] .what')];
          });
        },
        {client, wakes},
      );
      const sleeper = name === 'async-client' ? 'program' : 'loop';
      const owner = ({task}) => (task === null ? 'a' : `task ${task}’s`);
      assert.deepEqual(
        said,
        wakes.map((wake) => [
          `The ${sleeper} wakes: ${owner(loop.steps[wake])} connection is ready.`,
          'wakes',
        ]),
      );
    }
  }));

test('a long call says how long it takes, and that no other connection is read', () =>
  onPage(real, {}, async (page) => {
    const said = await page.evaluate(() => {
      const call = {at: 1, kind: 'call', task: 2, stack: ['main', 'PoetrySocket::doRead']};
      const next = {...call, kind: 'print', text: ''};
      return [1.96, 1.01].map((at) => stepInWords({steps: [call, {...next, at}]}, 0));
    });
    assert.match(
      said[0],
      /The call takes 0\.96 s\. In that time the client reads no other connection\.$/,
    );
    assert.doesNotMatch(said[1], /The call takes/);
  }));

test('each function on a recorded call stack has a description', () =>
  onPage(real, {}, async (page) => {
    const steps = real.comparison.stages.flatMap(({loop}) => loop.steps);
    const names = [...new Set(steps.flatMap(({stack}) => stack))];
    for (const name of ['recv', 'select', 'PoetryProtocol::dataReceived'])
      assert.ok(names.includes(name));
    const without = await page.evaluate((all) => all.filter((name) => !purposeOf(name)), names);
    assert.deepEqual(without, []);
  }));

test('the function in which a client without a loop sleeps has a bold box', () =>
  onPage(real, {}, async (page) => {
    for (const [i, name] of ['recv', 'select'].entries()) {
      const wait = real.comparison.stages[i].loop.steps.findIndex(({kind}) => kind === 'wait');
      await page.evaluate((to) => (chooseClient(to.i), setStep(to.wait)), {i, wait});
      assert.equal(await page.locator('.box.loop.asleep > .box-name code').textContent(), name);
    }
  }));

test('an unknown client has its printed lines, but no steps and no loop', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    assert.match(await page.locator('.sentence').textContent(), /Only the printed lines/);
    assert.deepEqual(await stackOf(page), ['dies']);
    assert.equal(await page.locator('.wire').count(), 0);
    assert.equal(await page.locator('.steps:visible').count(), 0);
  }));

test('a trace that was cut short shows its kept steps and says that it ends', () =>
  onPage(pageOf('truncated', truncated()), {}, async (page) => {
    const origin = await page.locator('.origin').textContent();
    assert.match(origin, /The trace ends at 2\.00 s: 12 further lines were counted but not kept/);
    assert.match(origin, /Of these 2\.00 s it spent 75\u00a0% asleep in Reactor::run\.$/);
    await page.evaluate(() => setTime(2));
    assert.equal((await stackOf(page)).at(-1), 'PoetryProtocol::dataReceived');
    await page.evaluate(() => setTime(2.1));
    assert.equal(
      await page.locator('.sentence').textContent(),
      'The trace ends here. Later lines were not kept.',
    );
    assert.deepEqual(await stackOf(page), ['main']);
    assert.equal(await page.locator('.wire').count(), 0);
    assert.equal(await page.locator('.steps [aria-current]').count(), 0);
    await page.locator('#back').click();
    assert.deepEqual(await stackOf(page), ['main', 'Reactor::run']);
  }));

const chipsAt = (page, client, at) =>
  page.evaluate(
    (to) => {
      chooseClient(to.client);
      setStep(to.at);
      return [...document.querySelectorAll('.chip-state')].map((element) => element.textContent);
    },
    {client, at},
  );

test('a poem ends with its own last step, not with other steps of the same time', () =>
  onPage(pageOf('burst', burst()), {}, async (page) => {
    const at = (step) => chipsAt(page, 0, step);
    assert.deepEqual(await at(0), ['waited for', 'waited for']);
    assert.deepEqual(await at(1), ['active', 'open']);
    assert.deepEqual(await at(2), ['complete', 'active']);
    assert.deepEqual(await at(3), ['complete', 'complete']);
    assert.deepEqual(await at(4), ['complete', 'complete']);
  }));

test('a poem has no connection before the client asks for it', () =>
  onPage(pageOf('burst', burst()), {}, async (page) => {
    assert.deepEqual(await chipsAt(page, 1, -1), ['not asked yet', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 1), ['waited for', 'not asked yet']);
    assert.equal(await page.locator('.wire').count(), 1);
    assert.deepEqual(await chipsAt(page, 1, 2), ['open', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 3), ['active', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 5), ['complete', 'waited for']);
  }));

test('each of many tasks shows its state as a sign, and names it for a screen reader', () =>
  onPage(pageOf('burst-of-many', burst(14)), {}, async (page) => {
    assert.deepEqual((await chipsAt(page, 0, 2)).slice(0, 3), ['✓', '▶', '']);
    const chips = page.locator('.chip');
    const labels = await chips.evaluateAll((all) => all.map((chip) => chip.ariaLabel));
    assert.deepEqual(labels.slice(0, 3), [
      'Task 1, poem-1: complete',
      'Task 2, poem-2: active',
      'Task 3, poem-3: open',
    ]);
  }));

test('the list of steps works with the keyboard and keeps the focus', () =>
  onPage(real, {}, async (page) => {
    await page.evaluate(() => setStep(10));
    await page.locator('#loop').scrollIntoViewIfNeeded();
    await page.locator('.steps button').nth(3).focus();
    await page.keyboard.press('Enter');
    assert.match(await page.locator('.step-number').textContent(), /^Step 12 /);
    assert.equal(await page.locator('.steps [aria-current]:focus').count(), 1);
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('.step-number').textContent(), /^Step 13 /);
    assert.equal(await page.locator('.steps [aria-current]:focus').count(), 1);
  }));

test('the page says for each client where its steps come from', () =>
  onPage(real, {}, async (page) => {
    for (const [i, client] of real.comparison.stages.entries()) {
      await page.evaluate((index) => chooseClient(index), i);
      const origin = await page.locator('.origin').textContent();
      assert.match(origin, client.loop.traced ? /--trace/ : /has no trace/);
      // Only the recording of the select client has guesses in it.
      assert.equal(/a millisecond/.test(origin), client.model === 'select');
    }
  }));
