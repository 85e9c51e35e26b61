'use strict';
// The replay: the poems of each client, which grow as the client reports their bytes. A box shows
// the first bytes of the file, as many as were reported up to now. Of a long text it shows the end.

const kShownPoems = 6; // with more tasks than this, only the first three have a box
const kTail = 1200; // bytes at the end of a text that fit into a box
const decoder = new TextDecoder();

const shownTasks = comparison.servers.length <= kShownPoems ? comparison.servers.length : 3;

// How many bytes at the end of `text` belong to a character that is not complete.
function cutBytes(text) {
  for (let back = 1; back <= Math.min(3, text.length); ++back) {
    const byte = text[text.length - back];
    if ((byte & 0xc0) === 0x80) continue; // inside a character: look further back
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// The last lines of the first `arrived` bytes of a poem, as text; whether its last character is not
// complete; and whether the page does not have all of these bytes.
function poemSoFar(task, arrived) {
  const known = poemBytes[task - 1];
  const end = Math.min(arrived, known.length);
  let begin = Math.max(0, end - kTail);
  while (begin > 0 && begin < end && known[begin - 1] !== 0x0a && begin > end - 2 * kTail) --begin;
  while (begin < end && (known[begin] & 0xc0) === 0x80) ++begin;
  const cut = cutBytes(known.subarray(begin, end));
  return {
    text: decoder.decode(known.subarray(begin, end - cut)),
    isCut: cut > 0,
    isBeyond: arrived > known.length,
  };
}

// ---------------------------------------------------------------- one poem

function makePoem(task) {
  const server = comparison.servers[task.task - 1];
  const poem = {
    task,
    server,
    shown: -1,
    text: document.createTextNode(''),
    cut: make('span', {
      class: 'cut',
      title: 'a character whose last bytes have not arrived yet',
      text: '▒',
    }),
    beyond: make('span', {
      class: 'beyond',
      text: '\n… this page has only the beginning of the text',
    }),
    count: make('span', {class: 'poem-count'}),
    bar: make('span', {class: 'poem-bar'}),
  };
  poem.frame = make(
    'figure',
    {class: `poem ${taskClass(task.task)}`},
    make(
      'figcaption',
      {},
      makeMark(task.task),
      make('span', {class: 'poem-name', text: poemName(server)}),
      poem.count,
    ),
    make('span', {class: 'poem-track'}, poem.bar),
    make('pre', {}, make('span', {class: 'page'}, poem.text, poem.cut, poem.beyond)),
  );
  return poem;
}

function drawPoem(poem, time) {
  const arrived = bytesAt(poem.task, time);
  const isOver = poem.task.end !== null && time >= poem.task.end;
  poem.frame.classList.toggle('over', isOver);
  if (arrived === poem.shown) return;
  poem.shown = arrived;
  const {text, isCut, isBeyond} = poemSoFar(poem.task.task, arrived);
  poem.text.data = text;
  poem.cut.hidden = !isCut;
  poem.beyond.hidden = !isBeyond;
  poem.count.textContent = `${grouped.format(arrived)} of ${grouped.format(poem.server.bytes)}`;
  poem.bar.style.width = `${100 * Math.min(1, arrived / Math.max(1, poem.server.bytes))}%`;
}

// ---------------------------------------------------------------- many poems: a wall of cells

function makeWall(tasks) {
  return make('canvas', {
    class: 'wall',
    role: 'img',
    'aria-label': `${count(tasks.length, 'poem')}: one cell each, which fills as bytes arrive`,
  });
}

// Gives the wall as many rows as it needs, and returns the number of cells in a row.
function layWall(wall, cells, cell, high) {
  const ratio = Math.max(1, window.devicePixelRatio);
  const width = wall.clientWidth;
  const across = Math.max(1, Math.floor(width / cell));
  const height = Math.ceil(cells / across) * high;
  if (wall.width !== Math.round(width * ratio) || wall.style.height !== `${height}px`) {
    wall.style.height = `${height}px`;
    wall.width = Math.round(width * ratio);
    wall.height = Math.round(height * ratio);
    wall.getContext('2d').scale(ratio, ratio);
  }
  return across;
}

function drawWall(wall, tasks, time) {
  const [cell, high] = [14, 18];
  const across = layWall(wall, tasks.length, cell, high);
  const context = wall.getContext('2d');
  context.clearRect(0, 0, wall.width, wall.height);
  tasks.forEach((task, i) => {
    const [x, y] = [(i % across) * cell, Math.floor(i / across) * high];
    const part = Math.min(
      1,
      bytesAt(task, time) / Math.max(1, comparison.servers[task.task - 1].bytes),
    );
    context.fillStyle = wallColours[(task.task - 1) % kColours];
    context.globalAlpha = 0.18;
    context.fillRect(x, y, cell - 2, high - 2);
    context.globalAlpha = task.end !== null && time >= task.end ? 1 : 0.65;
    context.fillRect(x, y + (high - 2) * (1 - part), cell - 2, (high - 2) * part);
  });
}

let wallColours = [];

const readWallColours = () =>
  (wallColours = Array.from({length: kColours}, (_, i) => colourOf(i + 1)));

// ---------------------------------------------------------------- one client

function makeReplay(client) {
  const recording = recordingOf(client);
  const poems = recording.tasks.slice(0, shownTasks).map(makePoem);
  const [state, place] = [make('p', {class: 'state'}), make('p', {class: 'place'})];
  const frame = make(
    'article',
    {class: 'replay-client'},
    make('div', {class: 'caption'}, make('h3', {text: client.name}), state, place),
  );
  const grid = make('div', {class: 'poems'}, ...poems.map((poem) => poem.frame));
  grid.style.setProperty('--poems', poems.length);
  const wall = recording.tasks.length > shownTasks ? makeWall(recording.tasks) : null;
  frame.append(make('div', {}, ...(wall ? [wall] : []), grid));
  return {recording, poems, state, place, frame, wall};
}

function placeAt(recording, time) {
  if (isCutShort(recording) && time > knownUntil(recording)) return recordingEndsInWords(recording);
  return placeInWords(recording.steps[countUntil(recording.steps, time, stepTime) - 1]);
}

function drawReplay(replay) {
  const {recording} = replay;
  const time = Math.min(clock.time, recording.elapsed);
  const done = recording.tasks.filter(
    (task) => task.outcome === 'complete' && task.end !== null && time >= task.end,
  ).length;
  const isOver = clock.time >= recording.elapsed;
  replay.frame.classList.toggle('over', isOver);
  const poems = `${done} of ${count(recording.tasks.length, 'poem')}`;
  replay.state.textContent = isOver ? `${poems}, after ${seconds(recording.elapsed)}` : poems;
  replay.place.textContent = isOver ? '' : placeAt(recording, clock.time);
  for (const poem of replay.poems) drawPoem(poem, time);
  if (replay.wall) drawWall(replay.wall, recording.tasks, time);
}

function showReplay() {
  const traced = comparison.stages
    .filter((client) => recordingOf(client).traced)
    .map((client) => client.name);
  document.getElementById('recordings').textContent =
    traced.length === 0
      ? ''
      : `For ${listed(traced)}, this is a second run with --trace, which the view of the loop below needs. ` +
        'Its times differ a little from those above.';
  const replays = comparison.stages.map(makeReplay);
  document.getElementById('clients').append(...replays.map((replay) => replay.frame));
  readWallColours();
  for (const replay of replays) drawByClock(replay.frame, () => drawReplay(replay));
}
