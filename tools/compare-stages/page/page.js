'use strict';
// The page as a whole: what was run, the legend, the tables, the button for light and dark. The
// last of the scripts: it starts the others.

function showSummary() {
  const {servers, stages, slowest, sum} = comparison;
  const many = servers.length !== 1;
  document.getElementById('summary').textContent =
    stages.length === 0
      ? 'There is no comparison on this page. Make one with ./lesson compare.'
      : `${capital(inLetters(servers.length))} slow ${many ? 'servers send a poem each' : 'server sends a poem'}, ` +
        `a few bytes at a time. ${capital(inLetters(stages.length))} ${stages.length === 1 ? 'program was' : 'programs were'} ` +
        `sent to fetch ${many ? 'all of them' : 'it'}${stages.length === 1 ? '' : ', each on its own'}. ` +
        (seconds(slowest) !== seconds(sum)
          ? `The slowest poem needs ${seconds(slowest)}, and one after the other they need ${seconds(sum)}: ` +
            'who takes the sum waits for one at a time. Who takes the slowest may wait for all of ' +
            'them at once, or may only look so: ./lesson compare --check finds out.'
          : `${many ? 'The slowest poem needs' : 'It needs'} ${seconds(slowest)}.`);
  if (comparison.started) {
    const date = new Date(comparison.started);
    document.getElementById('started').textContent =
      `Recorded on ${date.toLocaleString('en', {dateStyle: 'long', timeStyle: 'short'})}. ` +
      'What this page shows was recorded; nothing is simulated.';
  }
}

function showLegend() {
  const shown = comparison.servers.slice(0, kRoomyRows);
  const legend = document.getElementById('legend');
  legend.append(
    ...shown.map((server) =>
      make(
        'li',
        {},
        makeTaskName(server.task),
        ` ${poemName(server)}: ${bytes(server.bytes)}, ${server.numBytes} at a time, needs ${seconds(server.needs)}`,
      ),
    ),
  );
  if (shown.length < comparison.servers.length) {
    legend.append(make('li', {text: `and ${comparison.servers.length - shown.length} more`}));
  }
}

// ---------------------------------------------------------------- tables

const cell = (text, type = '') => make('td', {class: type, text});

const headRow = (...names) =>
  make('thead', {}, make('tr', {}, ...names.map((name) => make('th', {scope: 'col', text: name}))));

const averageInWords = (average) =>
  average < 10000 ? `${average.toFixed(1)} bytes` : bytes(average);

function endingCell(client) {
  const different = client.tasks.some((task) => task.same === false);
  const td = make('td', {class: client.succeeded && !different ? 'good' : 'bad'});
  td.textContent =
    client.succeeded && !different ? '✓ all of it' : different ? '✗ differs' : '✗ failed';
  return td;
}

function showCosts() {
  const table = document.getElementById('costs');
  table.append(
    make('caption', {id: 'costs-title', text: 'What it took'}),
    headRow(
      'Client',
      'Elapsed',
      'Close to',
      'Wake-ups',
      'CPU',
      'Peak memory',
      'Chunks',
      'Average',
      'Finished, by task',
      'Delivered',
    ),
    make(
      'tbody',
      {},
      ...comparison.stages.map((client) =>
        make(
          'tr',
          {},
          make('th', {scope: 'row', text: client.name}),
          cell(seconds(client.elapsed), 'number'),
          cell(client.closeTo === null ? '–' : client.closeToInWords),
          cell(grouped.format(client.wakeUps), 'number'),
          cell(`${(1000 * (client.userSeconds + client.systemSeconds)).toFixed(1)} ms`, 'number'),
          cell(client.peakMemory === null ? '–' : bytes(client.peakMemory), 'number'),
          cell(grouped.format(client.chunks), 'number'),
          cell(client.chunks === 0 ? '–' : averageInWords(client.averageChunk), 'number'),
          cell(listed(client.finished) || '–'),
          endingCell(client),
        ),
      ),
    ),
  );
}

function showPoems() {
  document
    .getElementById('poems')
    .append(
      make('caption', {text: 'Each poem'}),
      headRow(
        'Client',
        'Task',
        'Poem',
        'Asked for',
        'First told of',
        'End',
        'Outcome',
        'Bytes',
        'Chunks',
        'As the file',
      ),
      make(
        'tbody',
        {},
        ...comparison.stages.flatMap((client) => client.tasks.map((task) => poemRow(client, task))),
      ),
    );
}

function poemRow(client, task) {
  const time = (at) => (at === null || at === undefined ? '–' : exactly(at));
  const same = {true: 'the same', false: task.difference ?? 'different', null: 'not compared'}[
    String(task.same)
  ];
  return make(
    'tr',
    {},
    make('th', {scope: 'row', text: client.name}),
    make('td', {}, makeTaskName(task.task)),
    cell(poemName(comparison.servers[task.task - 1])),
    cell(time(task.asked), 'number'),
    cell(time(task.chunks[0]?.[0]), 'number'),
    cell(time(task.end), 'number'),
    cell(task.outcome),
    cell(grouped.format(task.bytes), 'number'),
    cell(grouped.format(task.chunks.length), 'number'),
    cell(same),
  );
}

// ---------------------------------------------------------------- light and dark

// Pictures are drawn that wide for paper, whatever the window, and then scaled to fit.
const kPaperWidth = 1040;

// What is on a canvas has the colours of the moment in which it was drawn.
function recolour() {
  document.getElementById('scheme').textContent = isDark() ? 'Light' : 'Dark';
  readWallColours();
  redrawTimelines();
  tellListeners();
}

function showScheme() {
  const change = (choice) => {
    chooseScheme(choice);
    recolour();
  };
  document
    .getElementById('scheme')
    .addEventListener('click', () => change(isDark() ? 'light' : 'dark'));
  prefersDark.addEventListener('change', () => change(chosenScheme));
  let before = null;
  window.addEventListener('beforeprint', () => {
    before = chosenScheme;
    change('light');
    redrawTimelines(kPaperWidth);
  });
  window.addEventListener('afterprint', () => change(before));
  recolour();
}

// ---------------------------------------------------------------- begin

showSummary();
if (comparison.stages.length > 0) {
  showLegend();
  showTimelines();
  showCosts();
  showPoems();
  showReplay();
  showLoop();
  showPlayer();
  showScheme();
  setTime(0);
}
