'use strict';
// A sentence for each step of a recording. Each is made from what the step holds and from nothing
// else.

const isLoop = (name) => name === 'Reactor::run';
const innermost = (stack) => stack.at(-1) ?? 'main';
const shortName = (name) => name.slice(name.lastIndexOf(':') + 1);

// What the functions of the lessons are for, by their own name.
const kPurposes = {
  main: 'the program',
  getPoetry: 'the lesson’s own function',
  getPoem: 'asks for one poem and reads all of it',
  run: 'the loop',
  runDueCalls: 'calls what was put off until now',
  waitForPoetry: 'select: who has something to read?',
  receive: 'recv: the next bytes, or the end',
  doRead: 'reads what is there',
  doWrite: 'writes, or sees that it is connected',
  dataReceived: 'gets the bytes',
  connectionLost: 'hears that it is over',
};

// Whether a function is one in which a client without a reactor sleeps.
const isSleeper = (name) => ['receive', 'waitForPoetry'].includes(shortName(name));

function purposeOf(name) {
  const purpose = kPurposes[shortName(name)] ?? '';
  return name.startsWith('Poetry') && purpose ? `${purpose}: this is your code` : purpose;
}

const whose = (step) => (step.task === null ? 'A connection' : `Task ${step.task}’s connection`);
const forWhom = (step) => (step.task === null ? '' : ` for task ${step.task}`);

// "any of three connections has something to read or the first of two timers is due"
function whatItWaitsFor({readers = 0, writers = 0, timers = 0}) {
  const reasons = [];
  if (readers > 0)
    reasons.push(
      readers === 1
        ? 'its one connection has something to read'
        : `any of ${inLetters(readers)} connections has something to read`,
    );
  if (writers > 0)
    reasons.push(
      writers === 1 ? 'one can be written to' : `any of ${inLetters(writers)} can be written to`,
    );
  if (timers > 0)
    reasons.push(
      timers === 1 ? 'its timer is due' : `the first of ${inLetters(timers)} timers is due`,
    );
  return reasons.length < 2
    ? reasons.join('')
    : `${reasons.slice(0, -1).join(', ')} or ${reasons.at(-1)}`;
}

// A client that waits for one task alone hears nothing of the others.
const isDeaf = (step) => step.kind === 'wait' && step.task !== null;

function waitInWords(step, recording) {
  const name = innermost(step.stack);
  if (isDeaf(step)) {
    const others = recording.tasks.length - 1;
    return (
      `The program sleeps inside ${name}, in recv${forWhom(step)}.` +
      (others > 0
        ? ` It is deaf to the other ${inLetters(others)} until that poem is complete.`
        : '')
    );
  }
  const who = isLoop(name) ? 'The loop sleeps.' : `The program sleeps inside ${name}.`;
  const reasons = whatItWaitsFor(step);
  return reasons ? `${who} It wakes when ${reasons}.` : `${who} Nobody is left to wake it.`;
}

// The loop calls somebody who is ready; after a sleep, that is what ended it.
function wakeInWords(step, before) {
  return before?.kind === 'wait' ? `It wakes. ${callInWords(step)}` : callInWords(step);
}

function callInWords(step) {
  const called = innermost(step.stack);
  const caller = step.stack.at(-2) ?? 'the system';
  switch (shortName(called)) {
    case 'doRead':
      return `${whose(step)} is readable: ${caller} calls ${called}.`;
    case 'doWrite':
      return `${whose(step)} is writable, so it is made now: ${caller} calls ${called}.`;
    case 'dataReceived':
      return `${caller} has read some bytes and hands them over: it calls ${called}${forWhom(step)}.`;
    default:
      return `${caller} calls ${called}${forWhom(step)}.`;
  }
}

function returnInWords(step, before) {
  const gone = before ? before.stack.slice(step.stack.length) : [];
  const names = gone.map(String).reverse();
  const back = innermost(step.stack);
  if (names.length === 0) return `Back in ${back}.`;
  const verb = names.length === 1 ? 'returns' : 'return';
  return `${listed(names)} ${verb} to ${back}. ${isLoop(back) ? 'The loop goes on.' : ''}`.trim();
}

function printInWords(step) {
  const got = /: got (\d+) bytes of poetry/.exec(step.text);
  return got && step.task !== null
    ? `${innermost(step.stack)} prints that ${bytes(Number(got[1]))} of task ${step.task}’s poem have come.`
    : `${innermost(step.stack)} prints a line${forWhom(step)}.`;
}

// What step number `index` of a recording means.
function stepInWords(recording, index) {
  if (index < 0) return 'The program has started, and has said nothing yet.';
  const step = recording.steps[index];
  switch (step.kind) {
    case 'wait':
      return waitInWords(step, recording);
    case 'wake':
      return wakeInWords(step, recording.steps[index - 1]);
    case 'timer':
      return 'A timer is due: the loop calls what was put off until now.';
    case 'call':
      return callInWords(step);
    case 'print':
      return printInWords(step);
    case 'return':
      return returnInWords(step, recording.steps[index - 1]);
    case 'lost':
      return `${whose(step)} is at its end. The loop lets go of it and calls connectionLost.`;
    case 'stop':
      return 'Somebody has called stop. The loop tells all that are left, and ends.';
    default:
      return step.text;
  }
}

// Where a client is, in a word or two, for the replay of all of them.
function placeInWords(step) {
  if (!step) return '';
  const name = innermost(step.stack);
  if (step.kind !== 'wait') return `in ${name}${forWhom(step)}`;
  if (isDeaf(step)) return `sleeps in recv${forWhom(step)} alone`;
  const many = step.readers !== 1;
  return `sleeps; ${many ? 'any of ' : ''}${inLetters(step.readers)} ${many ? 'connections' : 'connection'} can wake it`;
}

// The same in a word or two, for the list of steps.
function stepInShort(step) {
  const name = innermost(step.stack);
  switch (step.kind) {
    case 'wait':
      return isLoop(name)
        ? `sleeps: ${step.readers} readers, ${step.writers} writers, ${step.timers} timers`
        : `sleeps in ${name}`;
    case 'timer':
      return 'a timer is due';
    case 'print':
      return step.text;
    case 'return':
      return `← back in ${name}`;
    case 'wake':
    case 'call':
    case 'lost':
      return `→ ${name}`;
    case 'stop':
      return 'stops';
    default:
      return step.text;
  }
}
