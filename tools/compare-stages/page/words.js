'use strict';
// A sentence for each step of a recording, made from that step and its neighbours alone.

const isLoop = (name) => name === 'Reactor::run';
const innermost = (stack) => stack.at(-1);
const shortName = (name) => name.slice(name.lastIndexOf(':') + 1);

// What the functions of the lessons do, by the last part of their name.
const kPurposes = {
  main: 'the program',
  getPoetry: 'the lesson’s own function',
  getPoem: 'asks for one poem and reads all of it',
  run: 'the event loop',
  runDueCalls: 'makes the delayed calls that are due',
  waitForPoetry: 'calls select to find the readable sockets',
  select: 'sleeps until a socket is readable',
  recv: 'sleeps until bytes arrive or the connection ends',
  doRead: 'reads what has arrived: bytes, or the end',
  doWrite: 'writes the bytes that are left to write',
  dataReceived: 'receives the bytes',
  connectionLost: 'is called when the connection has ended',
};

// The functions in which the clients without a reactor sleep.
const isSleeper = (name) => ['recv', 'select'].includes(shortName(name));

function purposeOf(name) {
  if (name.startsWith('TcpClient::do')) return 'checks whether the connection is made';
  const purpose = kPurposes[shortName(name)] ?? '';
  return name.startsWith('Poetry') && purpose ? `${purpose}: this is your code` : purpose;
}

const connectionOf = (step) =>
  step.task === null ? 'a connection' : `task ${step.task}’s connection`;
const forTask = (step) => (step.task === null ? '' : ` for task ${step.task}`);

// "one of three connections is readable or the first of two timers is due". A connection that is still
// being made counts as a reader and as a writer.
function whatItWaitsFor({readers, writers, timers}) {
  const anyOf = (number, one, many, event) =>
    number > 0 &&
    (number === 1 ? `${one} ${event}` : `one of ${inLetters(number)} ${many} ${event}`);
  const hasLimits = writers > 0 && timers > 0;
  const reasons = [
    anyOf(readers - writers, 'its one connection', 'connections', 'is readable'),
    anyOf(
      writers,
      'its attempt to connect',
      'attempts to connect',
      hasLimits ? 'has ended or run out of time' : 'has ended',
    ),
    timers > 0 &&
      !hasLimits &&
      (timers === 1 ? 'its timer is due' : `the first of ${inLetters(timers)} timers is due`),
  ].filter(Boolean);
  return listed(reasons, 'or');
}

// A client that waits for one task alone reads no other connection until that task has ended.
const waitsForOneTask = (step) => step.kind === 'wait' && step.task !== null;

// Such a client prints nothing before it has the whole poem. So the recording does not say how
// often it was woken for a part of it.
function longWaitInWords(step, recording) {
  const isLast = recording.tasks.every(
    ({task, end}) => task === step.task || (end !== null && end <= step.at),
  );
  return (
    `The program connects. Then it sleeps in ${innermost(step.stack)}, again and again, until server ` +
    `${step.task} closes the connection.${isLast ? '' : ' It asks for the next poem only after that.'}`
  );
}

function waitInWords(step, recording) {
  if (waitsForOneTask(step)) return longWaitInWords(step, recording);
  const name = innermost(step.stack);
  const sleeps = isLoop(name) ? 'The loop sleeps.' : `The program sleeps in ${name}.`;
  const reasons = whatItWaitsFor(step);
  return `${sleeps} ${reasons ? `It wakes when ${reasons}.` : 'Nothing is left that could wake it.'}`;
}

// Nothing is called yet: the function that slept is about to continue.
function wakeInWords(step, next) {
  const sleeper = step.stack.some(isLoop) ? 'The loop' : 'The program';
  const what = next && isAttempt(next) ? 'a connecting socket' : connectionOf(step);
  return `${sleeper} wakes: ${what} is ready.`;
}

function callInWords(step) {
  const called = innermost(step.stack);
  const caller = step.stack.at(-2);
  const state = shortName(called) === 'doRead' ? 'readable' : 'writable';
  if (isAttempt(step))
    return (
      `A connecting socket is ${state}: ${caller} calls ${called}, which checks whether the ` +
      'connection is made.'
    );
  switch (shortName(called)) {
    case 'doRead':
    case 'doWrite':
      return `${capital(connectionOf(step))} is ${state}: ${caller} calls ${called}.`;
    case 'dataReceived':
      return `${caller} has read some bytes. It passes them to ${called}${forTask(step)}.`;
    default:
      return `${caller} calls ${called}${forTask(step)}.`;
  }
}

// A call that takes longer than this, in seconds, gets a sentence about it.
const kLong = 0.05;

function longCallInWords({steps}, index) {
  const {at, stack} = steps[index];
  const isBack = (step, i) => i > index && step.stack.length < stack.length;
  const duration = (steps.find(isBack)?.at ?? at) - at;
  return duration < kLong
    ? ''
    : ` The call takes ${seconds(duration)}. In that time the client reads no other connection.`;
}

// The recording has a step for each function that returns.
function returnInWords(step, before) {
  const back = innermost(step.stack);
  const sentence = `${innermost(before.stack)} returns to ${back}.`;
  return isLoop(back) ? `${sentence} The loop goes on.` : sentence;
}

// A client prints the length of each poem after all of them have ended.
const kLengthLine = /^Task \d+: (\d+) bytes of poetry$/;

const kChunkLine = /: got (\d+) bytes of poetry/;

// What the lines of a client mean.
const kLines = [
  [/: get poetry from/, ({task}) => `that it asks for the poem of task ${task}`],
  [
    kChunkLine,
    ({task}, [, size]) => `that it has received ${bytes(Number(size))} of task ${task}’s poem`,
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
    (found ? `${found[1](step, found[0].exec(step.text))}.` : `a line${forTask(step)}.`)
  );
}

// What step number `index` of a recording means.
function stepInWords(recording, index) {
  if (index < 0) return 'The program has started and has not printed anything yet.';
  const step = recording.steps[index];
  if (!step) return `${capital(recordingEndsInWords(recording))}. Later lines were not kept.`;
  switch (step.kind) {
    case 'wait':
      return waitInWords(step, recording);
    case 'wake':
      return wakeInWords(step, recording.steps[index + 1]);
    case 'timer':
      return 'The time of a delayed call has come: the loop makes the call.';
    case 'call':
      return callInWords(step) + longCallInWords(recording, index);
    case 'print':
      return printInWords(step);
    case 'return':
      return returnInWords(step, recording.steps[index - 1]);
    case 'lost':
      return (
        `${capital(connectionOf(step))} has ended. ` +
        `The loop removes it and calls ${innermost(step.stack)}.`
      );
    case 'stop':
      return 'The loop was asked to stop. It removes the connections that are left, and returns.';
  }
}

const recordingEndsInWords = ({traced}) =>
  traced ? 'the trace ends here' : 'the recorded lines end here';

// Where a client is, in a few words, for the replay of all of them.
function placeInWords(step) {
  if (!step) return '';
  const name = innermost(step.stack);
  if (step.kind === 'wake') return `wakes${forTask(step)}`;
  if (step.kind === 'return') return `in ${name}`;
  if (step.kind !== 'wait') return `in ${name}${forTask(step)}`;
  if (waitsForOneTask(step)) return `sleeps in ${name}${forTask(step)} alone`;
  // A connection that is still being made can count as a reader and as a writer.
  const connections = Math.max(step.readers, step.writers);
  if (connections === 0) return step.timers > 0 ? 'sleeps until a timer is due' : 'sleeps';
  return connections === 1
    ? 'sleeps; one connection can wake it'
    : `sleeps; any of ${inLetters(connections)} connections can wake it`;
}

function sleepInShort({stack, readers, writers, timers}) {
  const name = innermost(stack);
  if (!isLoop(name)) return `sleeps in ${name}`;
  const reasons = [
    readers > 0 && count(readers, 'reader'),
    writers > 0 && count(writers, 'writer'),
    timers > 0 && count(timers, 'timer'),
  ].filter(Boolean);
  return ['sleeps', reasons.join(', ')].filter(Boolean).join(': ');
}

// A step in a few words, for the list of steps.
function stepInShort(step) {
  const name = innermost(step.stack);
  switch (step.kind) {
    case 'wait':
      return sleepInShort(step);
    case 'wake':
      return 'wakes';
    case 'timer':
      return 'a timer is due';
    case 'call':
    case 'lost':
      return `→ ${name}`;
    case 'print':
      return step.text;
    case 'return':
      return `← back in ${name}`;
    case 'stop':
      return 'stops';
  }
}
