'use strict';
// The page as a whole: the summary, the legend, the tables, the colours. This is
// the last script: it calls the others.

// The summary as a list of texts and elements.
function summaryInWords() {
  const {servers, stages, slowest, sum} = comparison;
  const oneServer = servers.length === 1;
  const sent =
    (oneServer
      ? 'One slow server sends a poem'
      : `${capital(inLetters(servers.length))} slow servers send a poem each`) +
    ', a few bytes at a time. ' +
    (stages.length === 1
      ? 'One client asked for '
      : `${capital(inLetters(stages.length))} clients, each in a run of its own, asked for `) +
    (oneServer ? 'it. ' : 'all of them. ');
  if (seconds(slowest) === seconds(sum))
    return [`${sent}The ${oneServer ? '' : 'slowest '}poem takes ${seconds(slowest)}.`];
  return [
    `${sent}The slowest poem takes ${seconds(slowest)}; all poems, one after the other, take ` +
      `${seconds(sum)}. A client that waits for one poem at a time takes this sum. A client that ` +
      'waits for all of them at once takes as long as the slowest poem. A client that connects to all of them but reads ' +
      'one after the other may be as fast: ',
    make('code', {text: './lesson compare --check'}),
    ' shows the difference.',
  ];
}

function showSummary() {
  document.getElementById('summary').append(...summaryInWords());
  const date = new Date(comparison.started);
  document.getElementById('started').textContent =
    `Recorded on ${date.toLocaleString('en', {dateStyle: 'long', timeStyle: 'short'})}. ` +
    'Everything on this page comes from real runs; nothing is simulated.';
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
        ` ${poemName(server)}: ${bytes(server.bytes)}, ${server.numBytes} at a time, takes ${seconds(server.needs)}`,
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

// On a narrow screen each cell is a line of its own, and begins with the name of its column.
function nameCells(table) {
  const names = [...table.querySelectorAll('thead th')].map((head) => head.textContent);
  table.classList.add('stacked');
  for (const row of table.tBodies[0].rows)
    [...row.cells].forEach((one, i) => (one.dataset.column = names[i]));
}

const averageInWords = (average) =>
  average < 10000 ? `${average.toFixed(1)} bytes` : bytes(average);

function endingCell({succeeded, tasks}) {
  if (succeeded) return cell('✓ complete', 'good');
  return cell(tasks.some(({same}) => same === false) ? '✗ differs' : '✗ failed', 'bad');
}

function showCosts() {
  const table = document.getElementById('costs');
  table.append(
    make('caption', {id: 'costs-title', text: 'Time and resources'}),
    headRow(
      'Client',
      'Took',
      'Close to',
      'Wake-ups',
      'CPU',
      'Memory',
      'Chunks',
      'Average size',
      'Tasks finished',
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
  nameCells(table);
}

function showPoems() {
  const table = document.getElementById('poems');
  table.append(
    make('caption', {text: 'Each poem'}),
    headRow(
      'Client',
      'Task',
      'Poem',
      'Asked for',
      'First chunk',
      'Ended',
      'Outcome',
      'Bytes',
      'Chunks',
      'Compared with the file',
    ),
    make(
      'tbody',
      {},
      ...comparison.stages.flatMap((client) => client.tasks.map((task) => poemRow(client, task))),
    ),
  );
  nameCells(table);
}

function poemRow(client, task) {
  const time = (at) => (at === null || at === undefined ? '–' : exactly(at));
  const compared = task.same === null ? 'not compared' : task.same ? 'same' : task.difference;
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
    cell(compared),
  );
}

// ---------------------------------------------------------------- colours and sizes

// For paper, pictures are drawn with this width, whatever the window has, and then scaled.
const kPaperWidth = 1040;

// A canvas keeps the colours that it was drawn with, so it is drawn again.
function redraw() {
  readWallColours();
  redrawTimelines();
  notifyListeners();
}

// ---------------------------------------------------------------- the start

showSummary();
showLegend();
showTimelines();
showCosts();
showPoems();
showReplay();
showLoop();
showPlayer();
showLooks(redraw);
window.addEventListener('beforeprint', () => redrawTimelines(kPaperWidth));
setTime(0);
