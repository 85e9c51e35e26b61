// The replay.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {pageOf} from './browser.mjs';
import {clockOf, grouped, onPage, real} from './on_page.mjs';
import {failures, splitCharacter, truncated} from './samples.mjs';

test('play moves the clock at the chosen speed, and pause stops it', () =>
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

test('the replay stops at the end, and play starts it again', () =>
  onPage(real, {ownClock: true}, async (page) => {
    await page.locator('#speed').selectOption('5');
    await page.locator('#play').click();
    await page.clock.runFor(60000);
    assert.equal(await page.locator('#play-word').textContent(), 'Play');
    assert.equal(await page.locator('.replay-client.over').count(), real.comparison.stages.length);
    await page.locator('#play').click();
    await page.clock.runFor(20);
    assert.ok((await clockOf(page)) < 0.2);
  }));

test('one step per second stops after the last step, and play starts it again', () =>
  onPage(real, {ownClock: true}, async (page) => {
    await page.locator('#loop').scrollIntoViewIfNeeded();
    await page.evaluate(() => {
      chooseClient(0);
      setStep(stepsOf(0).length - 2);
    });
    const number = async () => (await page.locator('.step-number').textContent()).split(' ')[1];
    const last = real.comparison.stages[0].loop.steps.length;
    await page.locator('#speed').selectOption('steps');
    await page.locator('#play').click();
    await page.clock.runFor(1500);
    assert.equal(await number(), String(last));
    assert.equal(await page.locator('#play-word').textContent(), 'Play');
    await page.locator('#play').click();
    await page.clock.runFor(1500);
    assert.equal(await number(), '2');
    assert.equal(await page.locator('#play-word').textContent(), 'Pause');
  }));

test('for a client without steps, a step is a hundredth of the time', () =>
  onPage(pageOf('failures', failures()), {ownClock: true}, async (page) => {
    await page.locator('#speed').selectOption('steps');
    await page.locator('#play').click();
    await page.clock.runFor(1500);
    assert.equal(await clockOf(page), 0.18);
    assert.equal(await page.locator('#play-word').textContent(), 'Pause');
  }));

test('the replay does not say where a client was after the end of its trace', () =>
  onPage(pageOf('truncated', truncated()), {}, async (page) => {
    const placesAt = (times) =>
      page.evaluate(
        (all) =>
          all.map((time) => {
            setTime(time);
            return document.querySelector('.place').textContent;
          }),
        times,
      );
    assert.deepEqual(await placesAt([1, 2, 2.1, 8.9, 9]), [
      'sleeps; one connection can wake it',
      'in PoetryProtocol::dataReceived for task 1',
      'the trace ends here',
      'the trace ends here',
      '',
    ]);
  }));

test('nothing plays or moves before the reader starts it', () =>
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

test('a poem shows exactly the bytes that were reported up to each moment', () =>
  onPage(real, {}, async (page) => {
    const end = Number(await page.locator('#scrub').getAttribute('max'));
    for (const part of [0.05, 0.2, 0.45, 1]) {
      const time = await page.evaluate((at) => {
        setTime(at);
        return clock.time;
      }, part * end);
      for (const [i, client] of real.comparison.stages.entries()) {
        const poems = page.locator('.replay-client').nth(i).locator('.poem');
        for (const task of (client.loop ?? client).tasks) {
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
            `${client.name}, task ${task.task}`,
          );
        }
      }
    }
  }));

test('a character is shown only when its last byte has arrived', () =>
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
