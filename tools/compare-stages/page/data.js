'use strict';
// What was recorded, and how to look things up in it. All the other scripts stand on this one and
// on marks.js. Text from the recording goes into the page as text and never as HTML: a client can
// print whatever it likes.

const comparison = readComparison();

function readComparison() {
  const text = document.getElementById('comparison').textContent.trim();
  return text ? JSON.parse(text) : {servers: [], stages: [], slowest: 0, sum: 0};
}

// The run that replay and loop view show. It is the traced one where there is one, since its poems
// and its steps happened together; the timelines and the tables show the measured run.
function recordingOf(client) {
  return client.loop ?? {traced: false, elapsed: client.elapsed, tasks: client.tasks, steps: []};
}

// How many of `items`, which are in order of time, happened by `time`; timeOf says when one did.
function countUntil(items, time, timeOf) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(items[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const chunkTime = ([at]) => at;
const stepTime = (step) => step.at;

// Whether a recording was too long to be kept, so that its steps end before the client did.
const isCutShort = ({linesNotKept = 0}) => linesNotKept > 0;

// How far the steps of a recording tell what the client did: to its end, or to the last one kept.
const toldUntil = (recording) =>
  isCutShort(recording) ? (recording.steps.at(-1)?.at ?? 0) : recording.elapsed;

// For each chunk of a task, how many bytes had arrived with it and before it.
const sums = new WeakMap();

function sumsOf(task) {
  if (!sums.has(task)) {
    let sum = 0;
    sums.set(
      task,
      task.chunks.map(([, size]) => (sum += size)),
    );
  }
  return sums.get(task);
}

// How many bytes of a task had arrived at `time`.
function bytesAt(task, time) {
  const count = countUntil(task.chunks, time, chunkTime);
  return count === 0 ? 0 : sumsOf(task)[count - 1];
}

// The bytes of each poem's beginning, by task.
const poemBytes = comparison.servers.map((server) =>
  Uint8Array.from(atob(server.text ?? ''), (c) => c.charCodeAt(0)),
);

// ---------------------------------------------------------------- words for numbers

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

const count = (number, one, many = `${one}s`) =>
  `${grouped.format(number)} ${number === 1 ? one : many}`;

const kNumbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const inLetters = (number) => kNumbers[number] ?? grouped.format(number);

// Seconds with as many digits as the table of the terminal has. (2.525 is a little less in binary.)
const seconds = (time) => `${(Math.round(100 * time + 1e-6) / 100).toFixed(2)} s`;

// Seconds in which two chunks can be told apart.
const exactly = (time) => `${time.toFixed(3)} s`;

function bytes(number) {
  if (number < 10000) return count(number, 'byte');
  const [value, unit] = number < 1e6 ? [number / 1e3, 'kB'] : [number / 1e6, 'MB'];
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const fileName = (path) => path.slice(path.lastIndexOf('/') + 1);

// "ecstasy" for poetry/ecstasy.txt.
const poemName = (server) => fileName(server.poem).replace(/\.txt$/, '');

// "1, 2 and 3"; of a long list only the beginning.
function listed(items, most = 8) {
  if (items.length > most) {
    return `${items.slice(0, most).join(', ')} and ${items.length - most} more`;
  }
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
