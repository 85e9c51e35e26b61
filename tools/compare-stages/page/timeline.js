'use strict';
// The timelines: a picture for each client, all on one time axis. A few tasks have a row of marks
// each. Many tasks have thin rows on a canvas. Where marks would cover each other, a row has
// columns instead, which show how many bytes were reported at each moment.

const kRoomyRows = 12; // with more tasks than this, the rows are too thin for marks
const kNameHeight = 16; // pixels that a row needs for its name
const kNamesApart = 40; // pixels between two names, where rows are thinner than that
const wholeTime =
  1.03 *
  Math.max(
    comparison.sum,
    comparison.slowest,
    0.001,
    ...comparison.stages.map((client) => client.elapsed),
  );
// The pictures are drawn in pixels of a page with a font size of 16, and grow with the font size.
const scaleOfText = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const rem = (pixels) => `${pixels / 16}rem`;

const kTop = 20; // pixels above the rows, for the time that the client took
let timeEnd = wholeTime; // the end of the axis

function layoutFor(width) {
  const narrow = width < 480;
  const rows = comparison.servers.length;
  const gutter = narrow ? 30 : 114;
  const rowHeight = rows <= kRoomyRows ? 24 : Math.max(2, 280 / rows);
  const plot = width - gutter - 12;
  return {
    width,
    narrow,
    gutter,
    rowHeight,
    plot,
    height: kTop + rows * rowHeight + 10,
    roomy: rows <= kRoomyRows,
    x: (time) => gutter + (time / timeEnd) * plot,
    rowMiddle: (row) => kTop + (row + 0.5) * rowHeight,
    rowAt: (y) => Math.min(rows - 1, Math.max(0, Math.floor((y - kTop) / rowHeight))),
  };
}

// ---------------------------------------------------------------- the marks of a task

// The mark of a bigger chunk is bigger: four times as wide for 256 times the bytes, so that small
// chunks stay visible.
const radiusOf = (size) => Math.min(10, 1.1 * Math.max(1, size) ** 0.25);

function marksPath(task, layout, y) {
  return task.chunks
    .map(([at, size]) => markPath(task.task, layout.x(at), y, radiusOf(size)))
    .join('');
}

// For thousands of chunks: columns of 2 pixels. A higher column has more bytes.
function densityPath(task, layout, y) {
  const columns = new Map();
  for (const [at, size] of task.chunks) {
    const column = Math.floor(layout.x(at) / 2);
    columns.set(column, (columns.get(column) ?? 0) + size);
  }
  const most = Math.log1p(Math.max(...columns.values()));
  const full = Math.max(1, layout.rowHeight * (layout.roomy ? 0.75 : 0.9));
  return [...columns]
    .map(([column, size]) => {
      const height = full * (layout.roomy ? 0.2 + (0.8 * Math.log1p(size)) / most : 1);
      return box(2 * column + 1, y, 1, height / 2);
    })
    .join('');
}

// Whether more than two marks would cover each other.
function isCrowded(task, layout) {
  const first = task.chunks[0]?.[0] ?? 0;
  const length = layout.x(task.chunks.at(-1)?.[0] ?? 0) - layout.x(first);
  const width = task.chunks.reduce((sum, [, size]) => sum + 2 * radiusOf(size), 0);
  return task.chunks.length > 3 && width > 2.2 * length + 40;
}

function pathOf(task, layout) {
  const y = layout.rowMiddle(task.task - 1);
  return !layout.roomy || isCrowded(task, layout)
    ? densityPath(task, layout, y)
    : marksPath(task, layout, y);
}

// When a client began to wait for a poem, or null if that is unknown. Some clients print when they
// ask for it. The lessons' clients with select or a reactor ask for all poems when they start. Any
// other client is known to wait only from its first chunk on.
function askedAt(task, client) {
  if (task.asked !== null) return task.asked;
  return ['select', 'reactor'].includes(client.model) ? 0 : (task.chunks[0]?.[0] ?? null);
}

const endOf = (task, client) => task.end ?? client.elapsed;

// ---------------------------------------------------------------- one client's picture

function drawRow(task, client, layout) {
  const y = layout.rowMiddle(task.task - 1);
  const row = makeSvg('g', {
    class: `row ${taskClass(task.task)}`,
    role: 'slider',
    tabindex: -1,
    'aria-label': `${client.name}, task ${task.task}, ${poemName(comparison.servers[task.task - 1])}`,
    'aria-valuemin': 0,
    'aria-valuemax': task.chunks.length,
    'aria-valuenow': 0,
    'aria-valuetext': count(task.chunks.length, 'chunk'),
  });
  row.append(
    makeSvg('rect', {
      class: 'ground',
      x: 0,
      width: layout.width,
      y: y - layout.rowHeight / 2,
      height: layout.rowHeight,
    }),
  );
  if (hasName(task, layout)) {
    row.append(
      makeSvg('path', {class: 'mark', d: markPath(task.task, 9, y, 5)}),
      makeSvg('text', {class: 'row-name', x: 20, y: y + 4, text: rowName(task, layout)}),
    );
  }
  if (layout.roomy) {
    const [from, to] = [askedAt(task, client), endOf(task, client)];
    if (from !== null)
      row.append(makeSvg('path', {class: 'span', d: `M${layout.x(from)} ${y}H${layout.x(to)}`}));
    row.append(
      makeSvg('path', {class: 'marks', d: pathOf(task, layout)}),
      makeSvg('path', {class: 'end', d: endPath(task, layout.x(to), y)}),
    );
  }
  return row;
}

// Where rows are too thin for a name each, the first and the last have one, and some in between.
function hasName({task}, {rowHeight}) {
  const [last, apart] = [comparison.servers.length, kNamesApart / rowHeight];
  if (task === 1 || task === last || rowHeight >= kNameHeight) return true;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((number) => number >= apart);
  return task % step === 0 && task > apart / 2 && last - task > apart / 2;
}

function rowName(task, layout) {
  const name = poemName(comparison.servers[task.task - 1]);
  if (layout.narrow) return `${task.task}`;
  return `${task.task} ${name.length > 12 ? name.slice(0, 11) + '…' : name}`;
}

// A bar if the poem was complete, else a cross.
function endPath(task, x, y) {
  return task.outcome === 'complete'
    ? `M${x} ${y - 9}v18`
    : `M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10`;
}

// Lines at the slowest poem, at the sum of all, and at the time that this client took.
function drawTimes(client, layout) {
  const line = (name, time) =>
    makeSvg('path', {class: name, d: `M${layout.x(time)} 0V${layout.bottom}`});
  const x = layout.x(client.elapsed);
  const toTheLeft = x > layout.width - 60;
  return makeSvg(
    'g',
    {'aria-hidden': 'true'},
    line('at-slowest', comparison.slowest),
    line('at-sum', comparison.sum),
    makeSvg('path', {class: 'at-elapsed', d: `M${x} 6V${layout.height - 6}`}),
    makeSvg('text', {
      class: 'elapsed',
      x: x + (toTheLeft ? -5 : 5),
      y: 14,
      'text-anchor': toTheLeft ? 'end' : 'start',
      text: seconds(client.elapsed),
    }),
  );
}

function drawOnCanvas(canvas, client, layout) {
  const ratio = Math.max(2, window.devicePixelRatio) * scaleOfText(); // at least 2, to be sharp on paper
  canvas.width = layout.width * ratio;
  canvas.height = layout.height * ratio;
  canvas.style.height = rem(layout.height);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  for (const task of client.tasks) {
    context.fillStyle = colourOf(task.task);
    const from = askedAt(task, client);
    // On whole pixels, since a line across two of them has half the contrast.
    const thick = Math.max(1, Math.round(ratio * Math.min(1, layout.rowHeight / 4))) / ratio;
    const y = Math.round(ratio * (layout.rowMiddle(task.task - 1) - thick / 2)) / ratio;
    if (from !== null)
      context.fillRect(layout.x(from), y, layout.x(endOf(task, client)) - layout.x(from), thick);
    context.fill(new Path2D(pathOf(task, layout)));
  }
}

// A canvas has no style sheet, so the colour is read from an element.
function colourOf(task) {
  const probe = document.body.appendChild(make('i', {class: `probe ${taskClass(task)}`}));
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function drawClient(view, width) {
  const layout = layoutFor(width);
  // Beside a higher caption the lines are longer, so that they meet those of the next picture.
  view.svg.style.height = rem(layout.height);
  layout.bottom = Math.max(
    layout.height,
    (view.frame.parentElement.getBoundingClientRect().bottom -
      view.frame.getBoundingClientRect().top) /
      scaleOfText(),
  );
  view.layout = layout;
  const focused = view.rows.find((row) => row === document.activeElement);
  const focusVisible = focused?.matches(':focus-visible');
  view.rows = view.client.tasks.map((task) => drawRow(task, view.client, layout));
  view.pointer = makeSvg('path', {class: 'pointer'});
  view.svg.setAttribute('viewBox', `0 0 ${layout.width} ${layout.height}`);
  view.svg.replaceChildren(drawTimes(view.client, layout), ...view.rows, view.pointer);
  view.canvas.hidden = layout.roomy;
  if (!layout.roomy) drawOnCanvas(view.canvas, view.client, layout);
  view.rows[view.row]?.setAttribute('tabindex', 0);
  if (focused) view.rows[view.row].focus({preventScroll: true, focusVisible});
}

// Explains what is drawn where there is no room for marks.
function explainDrawing() {
  const {layout} = views[0];
  const isCrowdedSomewhere = () =>
    views.some(({client}) => client.tasks.some((task) => isCrowded(task, layout)));
  document.getElementById('how-drawn').textContent = !layout.roomy
    ? 'There is no room for marks in so many rows. A row is coloured wherever bytes were reported, ' +
      'however few.'
    : isCrowdedSomewhere()
      ? 'Where marks would hide each other, a row has thin columns instead. A higher column means ' +
        'more bytes.'
      : '';
}

// ---------------------------------------------------------------- all timelines

const views = comparison.stages.map((client) => ({
  client,
  rows: [],
  row: 0, // the row that has the focus, or will get it
  index: 0, // the chunk that was shown last
  svg: makeSvg('svg', {class: 'plot', role: 'group', 'aria-label': `Timeline of ${client.name}`}),
  canvas: make('canvas', {'aria-hidden': 'true'}),
  tip: make('div', {class: 'tip', 'aria-hidden': 'true', hidden: ''}),
}));

// Draws everything for the current width, and draws it again when the width changes.
function showTimelines() {
  const container = document.getElementById('timelines');
  const names = makeSvg('svg', {
    class: 'time-names',
    role: 'img',
    'aria-label': `Lines mark the slowest poem, ${seconds(comparison.slowest)}, and the sum of all, ${seconds(comparison.sum)}`,
  });
  const axis = makeSvg('svg', {class: 'time-axis', 'aria-hidden': 'true'});
  container.append(
    make(
      'div',
      {class: 'client'},
      make('div', {class: 'caption'}),
      make('div', {class: 'picture'}, names),
    ),
  );
  for (const view of views) {
    view.frame = make('div', {class: 'picture'}, view.canvas, view.svg, view.tip);
    container.append(
      make(
        'article',
        {class: 'client'},
        makeCaption(view.client),
        view.frame,
        makeLastLines(view.client),
      ),
    );
    listen(view);
  }
  const bottom = make('div', {class: 'picture'}, axis);
  container.append(make('div', {class: 'client'}, make('div', {class: 'caption'}), bottom));

  showZoom();
  let drawn = 0;
  const widthOfPictures = () => bottom.clientWidth / scaleOfText();
  redrawTimelines = (width = widthOfPictures()) => {
    drawn = Math.max(200, Math.floor(width));
    hideChunk();
    views.forEach((view) => drawClient(view, drawn));
    explainDrawing();
    drawTimeNames(names, drawn);
    drawAxis(axis, drawn);
  };
  new ResizeObserver(() => {
    if (Math.abs(widthOfPictures() - drawn) >= 1) redrawTimelines();
  }).observe(bottom);
  redrawTimelines();
}

let redrawTimelines = () => {};
