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
  runDueCalls: 'makes the calls that were put off until now',
  waitForPoetry: 'asks select whom to read from',
  select: 'who has something to read?',
  recv: 'the next bytes, or the end',
  doRead: 'reads what is there',
  doWrite: 'finds out whether it is connected, or writes',
  dataReceived: 'gets the bytes',
  connectionLost: 'hears that it is over',
};

// Whether a function is one in which a client without a reactor sleeps.
const isSleeper = (name) => ['recv', 'select'].includes(shortName(name));

function purposeOf(name) {
  const purpose = kPurposes[shortName(name)] ?? '';
  return name.startsWith('Poetry') && purpose ? `${purpose}: this is your code` : purpose;
}

const whose = (step) => (step.task === null ? 'A connection' : `Task ${step.task}’s connection`);
const forWhom = (step) => (step.task === null ? '' : ` for task ${step.task}`);

// "one of three connections has something to read or the first of two timers is due"
function whatItWaitsFor({readers = 0, writers = 0, timers = 0}) {
  const reasons = [];
  if (readers > 0)
    reasons.push(
      readers === 1
        ? 'its one connection has something to read'
        : `one of ${inLetters(readers)} connections has something to read`,
    );
  if (writers > 0)
    reasons.push(
      writers === 1 ? 'one can be written to' : `one of ${inLetters(writers)} can be written to`,
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

// It says nothing until it has the whole poem. How often it was woken for a part of it is not
// known.
function deafInWords(step, recording) {
  const isLast = recording.tasks.every(
    ({task, end}) => task === step.task || (end !== null && end <= step.at),
  );
  return (
    `The program sleeps in ${innermost(step.stack)}, again and again, until the poem of task ` +
    `${step.task} is at its end.${isLast ? '' : ' Only then does it turn to the next one.'}`
  );
}

function waitInWords(step, recording) {
  if (isDeaf(step)) return deafInWords(step, recording);
  const name = innermost(step.stack);
  const who = isLoop(name) ? 'The loop sleeps.' : `The program sleeps in ${name}.`;
  const reasons = whatItWaitsFor(step);
  return reasons ? `${who} It wakes when ${reasons}.` : `${who} Nobody is left to wake it.`;
}

// Nothing is called yet: the function that slept is about to go on.
function wakeInWords(step) {
  const whoWakes = step.stack.some(isLoop) ? 'The loop' : 'The program';
  const whoWokeIt = step.task === null ? 'a connection' : whose(step).replace('Task', 'task');
  return `${whoWakes} wakes: ${whoWokeIt} is ready.`;
}

function callInWords(step) {
  const called = innermost(step.stack);
  const caller = step.stack.at(-2) ?? 'the system';
  switch (shortName(called)) {
    case 'doRead':
      return `${whose(step)} can be read from: ${caller} calls ${called}.`;
    case 'doWrite':
      return called === 'TcpClient::doWrite'
        ? `${whose(step)} is made, or cannot be: ${caller} calls ${called}, which finds out.`
        : `${whose(step)} can be written to: ${caller} calls ${called}.`;
    case 'dataReceived':
      return `${caller} has read some bytes and hands them over: it calls ${called}${forWhom(step)}.`;
    default:
      return `${caller} calls ${called}${forWhom(step)}.`;
  }
}

// A call that takes long, by the time of the step after it.
const kLong = 0.05;

function stayInWords({steps}, index) {
  const next = steps[index + 1];
  const stay = next ? next.at - steps[index].at : 0;
  return stay < kLong
    ? ''
    : ` It stays there for ${seconds(stay)}, and meanwhile nobody else is called.`;
}

function returnInWords(step, before) {
  const gone = before ? before.stack.slice(step.stack.length) : [];
  const names = gone.map(String).reverse();
  const back = innermost(step.stack);
  if (names.length === 0) return `Back in ${back}.`;
  const verb = names.length === 1 ? 'returns' : 'return';
  return `${listed(names)} ${verb} to ${back}. ${isLoop(back) ? 'The loop goes on.' : ''}`.trim();
}

// A client tells the length of each poem when all of them are at their end.
const kLengthLine = /^Task \d+: (\d+) bytes of poetry$/;

// What the lines of a client say.
const kLines = [
  [/: get poetry from/, ({task}) => `that it asks for the poem of task ${task}`],
  [
    /: got (\d+) bytes of poetry/,
    ({task}, [, size]) => `that it has got ${bytes(Number(size))} of task ${task}’s poem`,
  ],
  [/^Task \d+ finished$/, ({task}) => `that task ${task} has finished`],
  [
    kLengthLine,
    ({task}, [, size]) => `how long the poem of task ${task} is: ${bytes(Number(size))}`,
  ],
  [/^Got \d+ poems? in /, () => 'how many poems it got, and how long that took'],
];

function printInWords(step) {
  const found = kLines.find(([shape]) => shape.test(step.text));
  return (
    `${innermost(step.stack)} prints ` +
    (found ? `${found[1](step, found[0].exec(step.text))}.` : `a line${forWhom(step)}.`)
  );
}

// What step number `index` of a recording means.
function stepInWords(recording, index) {
  if (index < 0) return 'The program has started, and has said nothing yet.';
  const step = recording.steps[index];
  if (!step) return `${capital(recordingEndsInWords(recording))}. What came next was not kept.`;
  switch (step.kind) {
    case 'wait':
      return waitInWords(step, recording);
    case 'wake':
      return wakeInWords(step);
    case 'timer':
      return 'A timer is due: the loop makes a call that was put off until now.';
    case 'call':
      return callInWords(step) + stayInWords(recording, index);
    case 'print':
      return printInWords(step);
    case 'return':
      return returnInWords(step, recording.steps[index - 1]);
    case 'lost':
      return `${whose(step)} is at its end. The loop lets go of it and calls ${innermost(step.stack)}.`;
    case 'stop':
      return 'The loop has been asked to stop. It tells whoever is left, and ends.';
    default:
      return step.text;
  }
}

const recordingEndsInWords = ({traced}) => (traced ? 'the trace ends here' : 'its lines end here');

// Where a client is, in a word or two, for the replay of all of them.
function placeInWords(step) {
  if (!step) return '';
  const name = innermost(step.stack);
  if (step.kind === 'wake') return `wakes${forWhom(step)}`;
  if (step.kind === 'return') return `in ${name}`;
  if (step.kind !== 'wait') return `in ${name}${forWhom(step)}`;
  if (isDeaf(step)) return `sleeps in ${name}${forWhom(step)} alone`;
  // Who is still being connected is in both numbers.
  const connections = Math.max(step.readers, step.writers ?? 0);
  if (connections === 0) return step.timers > 0 ? 'sleeps until a timer is due' : 'sleeps';
  return connections === 1
    ? 'sleeps; one connection can wake it'
    : `sleeps; any of ${inLetters(connections)} connections can wake it`;
}

function sleepInShort({stack, readers = 0, writers = 0, timers = 0}) {
  const name = innermost(stack);
  if (!isLoop(name)) return `sleeps in ${name}`;
  const reasons = [
    readers > 0 && `${readers} to read from`,
    writers > 0 && `${writers} to write to`,
    timers > 0 && count(timers, 'timer'),
  ].filter(Boolean);
  return ['sleeps', reasons.join(', ')].filter(Boolean).join(': ');
}

// The same in a word or two, for the list of steps.
function stepInShort(step) {
  const name = innermost(step.stack);
  switch (step.kind) {
    case 'wait':
      return sleepInShort(step);
    case 'timer':
      return 'a timer is due';
    case 'print':
      return step.text;
    case 'return':
      return `← back in ${name}`;
    case 'wake':
      return 'wakes';
    case 'call':
    case 'lost':
      return `→ ${name}`;
    case 'stop':
      return 'stops';
    default:
      return step.text;
  }
}
