'use strict';
// The recorded comparison, and functions that look things up in it. All the other scripts use this
// one and marks.js. Text from the recording is inserted as text and never as HTML, since a client
// can print anything.

const comparison = JSON.parse(document.getElementById('comparison').textContent);

// The run that the replay and the loop view show: the traced run if there is one, because its steps
// and its chunks are from the same run. The timelines and the tables show the run without a trace.
function recordingOf(client) {
  const {elapsed, tasks} = client;
  return client.loop ?? {traced: false, elapsed, linesNotKept: 0, tasks, steps: []};
}

// How many of `items` happened at `time` or earlier. They are sorted by timeOf.
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

// The problems of a client without what it wrote to standard error, which the page shows by itself.
const problemsOf = ({problems}) =>
  problems.filter((text) => !/^(on standard error: |\(\d+ messages left out\)$)/.test(text));

// What it wrote there, without lines that only underline a part of the line before.
const messagesOf = ({messages}) => messages.filter((text) => !/^[ ^~]*$/.test(text));

const chunkTime = ([at]) => at;
const stepTime = (step) => step.at;

// Whether some lines of a recording were not kept, so that its steps end before the client does.
const isCutShort = ({linesNotKept}) => linesNotKept > 0;

// The time up to which the steps are known: the end of the client, or the last step that was kept.
const knownUntil = (recording) =>
  isCutShort(recording) ? recording.steps.at(-1).at : recording.elapsed;

// For each chunk of a task, how many bytes had been reported by then, with its own.
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

// How many bytes of a task had been reported at `time`.
function bytesAt(task, time) {
  const count = countUntil(task.chunks, time, chunkTime);
  return count === 0 ? 0 : sumsOf(task)[count - 1];
}

// The beginning of each poem, as bytes.
const poemBytes = comparison.servers.map((server) =>
  Uint8Array.from(atob(server.text), (c) => c.charCodeAt(0)),
);

// ---------------------------------------------------------------- words for numbers

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

const count = (number, one, many = `${one}s`) =>
  `${grouped.format(number)} ${number === 1 ? one : many}`;

const kNumbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const inLetters = (number) => kNumbers[number] ?? grouped.format(number);

// Seconds as the table on the terminal prints them. As a binary fraction, 2.525 is a little less,
// so a very small number is added before the rounding.
const seconds = (time) => `${(Math.round(100 * time + 1e-6) / 100).toFixed(2)} s`;

// Seconds with enough digits to tell two chunks apart.
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

const kMostListed = 8;

// "1, 2 and 3"; of a long list only the beginning.
function listed(items, word = 'and') {
  if (items.length > kMostListed) {
    return `${items.slice(0, kMostListed).join(', ')} and ${items.length - kMostListed} more`;
  }
  return [items.slice(0, -1).join(', '), ...items.slice(-1)].filter(Boolean).join(` ${word} `);
}
