// The loop view.
import assert from 'node:assert/strict';
import {before, test} from 'node:test';

import {compare, pageOf} from './browser.mjs';
import {clockOf, stackOf, onPage, reactors, real} from './on_page.mjs';
import {burst, failures, nameless, truncated} from './samples.mjs';

const kNoLine = 'No line reports this step.';

// What the loop view shows before the first step and after each step.
const everyStep = (page, client) =>
  page.evaluate((chosen) => {
    chooseClient(chosen);
    const textOf = (selector) => document.querySelector(selector).textContent;
    const textsOf = (selector) =>
      [...document.querySelectorAll(selector)].map((element) => element.textContent);
    const wiresOf = (selector) =>
      [...document.querySelectorAll(selector)].map(
        (wire) => 1 + Number(/task-(\d)/.exec(wire.getAttribute('class'))[1]),
      );
    return [-1, ...stepsOf(chosen).keys()].map((step) => {
      setStep(step);
      return {
        sentence: textOf('.sentence'),
        line: textOf('.source'),
        short: textsOf('.steps [aria-current] .what')[0],
        timers: document.querySelector('.timers').hidden ? '' : textOf('.timers'),
        stack: textsOf('.box-name code'),
        purpose: textsOf('.box-name .purpose').at(-1),
        chips: textsOf('.chip-state'),
        wires: wiresOf('.wire'),
        bold: wiresOf('.wire.active'),
      };
    });
  }, client);

// A run with big chunks has fewer steps to look at.
let coarse;
before(() => {
  const poems = ['ecstasy.txt:200', 'fascination.txt:150', 'science.txt:70'];
  coarse = compare('coarse', [
    ...poems.flatMap((poem) => ['--server', `poetry/${poem}`]),
    ...['--delay', '0.01'],
  ]);
});

const kLost = /^reactor: \[.* -> connectionLost$/;
const kTasks = [1, 2, 3];
const inLetters = (number) => ['no', 'one', 'two', 'three'][number];

// The tests below compare the view with the lines alone. They do not use the recorded steps.
async function eachStepWithItsLines(page, name, check) {
  const client = coarse.comparison.stages.findIndex((stage) => stage.name === name);
  const [before, ...steps] = await everyStep(page, client);
  assert.ok(steps.length > 10);
  assert.deepEqual([...new Set(before.chips)].length, 1);
  assert.doesNotMatch(before.chips[0], /open|complete|waited/);
  assert.deepEqual(before.wires, []);
  const lines = [];
  // The trace of reactor-client-2 names no task. On a busy machine, two connections can end at the same
  // time, and the page does not know which of them is the first.
  let isNamed = true;
  for (const [i, step] of steps.entries()) {
    const hasLine = step.line !== kNoLine;
    if (hasLine) lines.push(step.line);
    isNamed &&= name !== 'reactor-client-2' || countThatCanEnd(lines) < 2;
    if (!isNamed) continue;
    try {
      check(step, hasLine ? step.line : '', lines);
    } catch (error) {
      error.message = `${name}, step ${i + 1} of ${steps.length}: ${JSON.stringify(step)}\n${error.message}`;
      throw error;
    }
  }
  const {text: last} = coarse.comparison.stages[client].lines.at(-1);
  assert.match(lines.at(-1), /^Got 3 poems in /);
  assert.match(last, /^Got 3 poems in /);
}

const countLines = (lines, shape) => lines.filter((line) => shape.test(line)).length;

// How many connections are open although the whole poem has arrived.
function countThatCanEnd(lines) {
  const missing = coarse.comparison.servers.map(({bytes}) => bytes);
  for (const line of lines) {
    const [, task, bytes] = /^Task (\d): got (\d+) bytes/.exec(line) ?? [];
    if (task) missing[task - 1] -= Number(bytes);
  }
  return missing.filter((bytes) => bytes === 0).length - countLines(lines, kLost);
}
const namesOf = (tasks) => tasks.map((task) => `task ${task}’s connection`);

// What is true for every client that waits for all its connections at once.
function checkConnections({stack, chips, wires, bold, short}, line, ended) {
  // A poem is complete when its connection has ended, and not before.
  assert.equal(chips.filter((words) => ['ended', 'complete'].includes(words)).length, ended);
  // Each other connection has its wire, and no ended one has.
  const open = kTasks.filter((task) => !['ended', 'complete'].includes(chips[task - 1]));
  assert.deepEqual(wires, open);
  // The connection whose function is called is the active one, until that function returns.
  const got = /^Task (\d): got \d+ bytes/.exec(line);
  if (got) assert.deepEqual(bold, [Number(got[1])]);
  if (/doRead$|dataReceived$/.test(stack.at(-1)) && !/TcpClient/.test(stack.at(-1)))
    assert.equal(bold.length, /finished$/.test(line) ? 0 : 1, 'the wire of the called connection');
  if (/^sleeps/.test(short)) assert.deepEqual(bold, []);
}

for (const name of ['reactor-client-1', 'reactor-client-1-broken', 'reactor-client-2'])
  test(`each step of ${name} is what its trace says`, () =>
    onPage(coarse, {}, (page) =>
      eachStepWithItsLines(page, name, (step, line, lines) => {
        const {sentence, stack, chips, wires, purpose, timers} = step;
        checkConnections(step, line, countLines(lines, kLost));
        const event = /^reactor: (?:\[(.*?)\] )?(.*)$/.exec(line);
        const [, object, what] = event ?? [];
        const isConnecting = countLines(lines, /^reactor: waiting on \d readers, 0 writers/) === 0;
        if (!isConnecting) assert.doesNotMatch(chips.join(), /connecting/);
        else if (name === 'reactor-client-2')
          assert.match(chips.join(), /^(connecting( or open)?,?){3}$/);
        const wait = /^waiting on (\d) readers, (\d) writers, (\d) timers$/.exec(what);
        if (wait) {
          const [readers, writers, limits] = wait.slice(1).map(Number);
          assert.equal(wires.length, readers);
          assert.match(sentence, /^The loop sleeps\. It wakes when /);
          const number = readers === 1 ? 'its one' : `one of ${inLetters(readers)}`;
          if (writers === 0)
            assert.match(sentence, new RegExp(`${number} connections? is readable\\.$`));
          else assert.match(sentence, /attempts to connect has ended or run out of time\.$/);
          assert.equal(timers, limits ? `◷ ${limits} timers: time limits for connecting` : '');
        } else if (object === 'Uninitialized') {
          assert.match(sentence, /which checks whether the connection is made\.$/);
          assert.equal(purpose, 'checks whether the connection is made');
          assert.match(stack.at(-1), /^TcpClient::do(Read|Write)$/);
        } else if (/ -> doRead$/.test(what)) {
          const [task] = step.bold;
          assert.ok(object === 'PoetryProtocol,client' || object === `Task ${task}`);
          assert.match(
            sentence,
            new RegExp(`^Task ${task}’s connection is readable: Reactor::run calls `),
          );
          assert.match(stack.at(-1), /^(PoetrySocket|TcpConnection)::doRead$/);
        } else if (/ -> dataReceived$/.test(what)) {
          assert.equal(stack.at(-1), 'PoetryProtocol::dataReceived');
        } else if (/ -> connectionLost$/.test(what)) {
          assert.match(stack.at(-1), /::connectionLost$/);
          assert.match(
            sentence,
            new RegExp(`^Task ${chips.indexOf('ended') + 1}’s connection has ended`),
          );
        } else if (what) {
          assert.match(line, /^reactor: stop -> /);
          assert.match(sentence, /asked to stop/);
        } else if (line) {
          assert.match(sentence, / prints /);
        } else {
          assert.match(sentence, / returns to | wakes: /);
        }
        assert.doesNotMatch(sentence, /timer is due/);
        assert.ok(
          namesOf(kTasks)
            .concat('a connecting socket')
            .some((of) => sentence.startsWith(`The loop wakes: ${of} is ready`)) ||
            !/ wakes: /.test(sentence),
        );
      }),
    ));

test('each step of async-client is what its lines say', () =>
  onPage(coarse, {}, (page) =>
    eachStepWithItsLines(page, 'async-client', (step, line, lines) => {
      const {sentence, stack, wires} = step;
      checkConnections(step, line, countLines(lines, /^Task \d finished$/));
      if (/^sleeps/.test(step.short)) {
        assert.equal(stack.at(-1), 'select');
        const number = wires.length === 1 ? 'its one' : `one of ${inLetters(wires.length)}`;
        assert.match(
          sentence,
          new RegExp(`^The program sleeps in select\\. It wakes when ${number} conn`),
        );
      }
    }),
  ));

test('each step of blocking-client is what its lines say', () =>
  onPage(coarse, {}, (page) =>
    eachStepWithItsLines(page, 'blocking-client', (step, line, lines) => {
      const {sentence, stack, chips, wires, short} = step;
      const asked = countLines(lines, /: get poetry from: /);
      const ended = countLines(lines, /: got \d+ bytes .* in /);
      assert.equal(chips.filter((words) => ['ended', 'complete'].includes(words)).length, ended);
      assert.ok(chips.filter((words) => words === 'not asked yet').length <= 3 - asked);
      const isAsleep = /^sleeps/.test(short);
      assert.equal(stack.at(-1) === 'recv', isAsleep);
      if (isAsleep) {
        assert.deepEqual(wires, [asked]);
        assert.match(sentence, new RegExp(`until server ${asked} closes the connection`));
      } else assert.ok(wires.length === 0 || / returns to getPoem/.test(sentence));
    }),
  ));

test('the button for the next chunk goes to the next line that reports bytes', () =>
  onPage(real, {}, async (page) => {
    for (const client of real.comparison.stages.keys()) {
      await page.evaluate((chosen) => (chooseClient(chosen), setStep(-1)), client);
      const reported = real.comparison.stages[client].loop.steps
        .filter(({text}) => /: got \d+ bytes/.test(text))
        .map(({text}) => text);
      for (const line of reported.slice(0, 4)) {
        await page.locator('#chunk').click();
        assert.equal(await page.locator('.source').textContent(), line);
      }
    }
  }));

test('without steps, the button for the next chunk goes to the time of the next chunk', () =>
  onPage(pageOf('failures', failures()), {}, async (page) => {
    await page.locator('#chunk').click();
    assert.equal(await clockOf(page), 0.01);
    await page.locator('#chunk').click();
    assert.equal(await clockOf(page), 0.02);
  }));

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
        assert.equal(await page.locator('.source').textContent(), step.text || kNoLine);
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
      const ready = ({task}, {stack}) =>
        /^TcpClient/.test(stack.at(-1))
          ? 'a connecting socket'
          : `${task === null ? 'a' : `task ${task}’s`} connection`;
      assert.deepEqual(
        said,
        wakes.map((wake) => [
          `The ${sleeper} wakes: ${ready(loop.steps[wake], loop.steps[wake + 1])} is ready.`,
          'wakes',
        ]),
      );
    }
  }));

test('a long call says how long it takes, and that no other connection is read', () =>
  onPage(real, {}, async (page) => {
    const said = await page.evaluate(() => {
      const call = {at: 1, kind: 'call', task: 2, stack: ['main', 'PoetrySocket::doRead']};
      const print = {...call, at: 1.01, kind: 'print', text: ''};
      const back = {kind: 'return', task: null, stack: ['main']};
      return [1.96, 1.01].map((at) => stepInWords({steps: [call, print, {...back, at}]}, 0));
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
    assert.deepEqual(await at(1), ['ended', 'open']);
    assert.deepEqual(await at(2), ['complete', 'ended']);
    assert.deepEqual(await at(3), ['complete', 'complete']);
    assert.deepEqual(await at(4), ['complete', 'complete']);
  }));

test('a state that the trace does not show is not guessed', () =>
  onPage(pageOf('nameless', nameless()), {}, async (page) => {
    const at = (step) => chipsAt(page, 0, step);
    assert.deepEqual(await at(-1), ['', '']);
    assert.deepEqual(await at(0), ['connecting', 'connecting']);
    assert.deepEqual(await at(2), ['connecting or open', 'connecting or open']);
    assert.deepEqual(await at(5), ['waited for', 'waited for']);
    assert.deepEqual(await at(7), ['open', 'active']);
    assert.deepEqual(await at(8), ['open or ended', 'open or ended']);
    assert.equal(
      await page
        .locator('.sentence')
        .textContent()
        .then((words) => words.slice(0, 24)),
      'A connection has ended. ',
    );
    assert.deepEqual(await at(10), ['complete', 'complete']);
  }));

test('a poem has no connection before the client asks for it', () =>
  onPage(pageOf('burst', burst()), {}, async (page) => {
    assert.deepEqual(await chipsAt(page, 1, -1), ['not asked yet', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 0), ['asked for', 'not asked yet']);
    assert.equal(await page.locator('.wire').count(), 0);
    assert.deepEqual(await chipsAt(page, 1, 1), ['waited for', 'not asked yet']);
    assert.equal(await page.locator('.wire').count(), 1);
    assert.deepEqual(await chipsAt(page, 1, 2), ['active', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 3), ['ended', 'not asked yet']);
    assert.deepEqual(await chipsAt(page, 1, 5), ['complete', 'waited for']);
  }));

test('each of many tasks shows its state as a sign, and names it for a screen reader', () =>
  onPage(pageOf('burst-of-many', burst(14)), {}, async (page) => {
    assert.deepEqual((await chipsAt(page, 0, 2)).slice(0, 3), ['✓', '▶', '']);
    const chips = page.locator('.chip');
    const labels = await chips.evaluateAll((all) => all.map((chip) => chip.ariaLabel));
    assert.deepEqual(labels.slice(0, 3), [
      'Task 1, poem-1: complete',
      'Task 2, poem-2: ended',
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
