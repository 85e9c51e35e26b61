'use strict';
// Pointing at a chunk in a timeline with a mouse, a finger or the keyboard shows its size and time.

function nearestChunk(task, time) {
  const next = countUntil(task.chunks, time, chunkTime);
  if (next === 0) return 0;
  if (next === task.chunks.length) return next - 1;
  return time - task.chunks[next - 1][0] < task.chunks[next][0] - time ? next - 1 : next;
}

function chunkInWords(client, task, index) {
  const server = comparison.servers[task.task - 1];
  const [at, size] = task.chunks[index];
  return [
    `Task ${task.task}, ${poemName(server)}: chunk ${grouped.format(index + 1)} of ${grouped.format(task.chunks.length)}`,
    `${bytes(size)} at ${exactly(at)}`,
    `${grouped.format(sumsOf(task)[index])} of ${grouped.format(server.bytes)} bytes so far`,
  ];
}

// Marks a chunk in the picture and shows its details.
function showChunk(view, row, index) {
  const task = view.client.tasks[row];
  hideChunk();
  if (task.chunks.length === 0) {
    const poem = poemName(comparison.servers[task.task - 1]);
    describeChunk(view, row, [`Task ${task.task}, ${poem}: nothing arrived`]);
    placeTip(view, view.layout.x(endOf(task, view.client)), view.layout.rowMiddle(row));
    return;
  }
  const [at, size] = task.chunks[index];
  const [x, y] = [view.layout.x(at), view.layout.rowMiddle(row)];
  const around = view.layout.roomy ? radiusOf(size) + 4 : 5;
  view.pointer.setAttribute(
    'd',
    `M${x} 16V${y - around}M${x} ${y + around}V${view.layout.height - 4}` +
      `M${x - around} ${y}a${around} ${around} 0 1 0 ${2 * around} 0a${around} ${around} 0 1 0 ${-2 * around} 0`,
  );
  view.index = index;
  view.rows[row].setAttribute('aria-valuenow', index + 1);
  describeChunk(view, row, chunkInWords(view.client, task, index));
  placeTip(view, x, y);
}

// Screen readers skip the tip. They read the value of the row that has the focus.
function describeChunk(view, row, lines) {
  view.rows[row].setAttribute('aria-valuetext', lines.join('. '));
  view.tip.className = `tip ${taskClass(row + 1)}`;
  view.tip.replaceChildren(...lines.map((text) => make('span', {text})));
  view.tip.hidden = false;
}

function placeTip(view, x, y) {
  const width = view.tip.offsetWidth / scaleOfText();
  view.tip.style.left = rem(Math.max(0, Math.min(x - width / 2, view.layout.width - width)));
  view.tip.style.top = rem(y + 16);
}

function hideChunk() {
  for (const view of views) {
    view.pointer?.removeAttribute('d');
    view.tip.hidden = true;
  }
}

function pointAt(view, event) {
  const frame = view.svg.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left, event.clientY - frame.top].map(
    (at) => at / scaleOfText(),
  );
  const row = view.layout.rowAt(y);
  const time = ((x - view.layout.gutter) / view.layout.plot) * timeEnd;
  showChunk(view, row, nearestChunk(view.client.tasks[row], time));
}

// Left and right move along a row, up and down to the next row at about the same time.
function moveByKey(view, event) {
  const row = view.rows.indexOf(event.target);
  if (row < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  const chunks = view.client.tasks[row].chunks;
  const last = chunks.length - 1;
  const along = {
    ArrowLeft: view.index - 1,
    ArrowRight: view.index + 1,
    Home: 0,
    End: last,
    PageUp: view.index + 10,
    PageDown: view.index - 10,
  }[event.key];
  const across = {ArrowUp: row - 1, ArrowDown: row + 1}[event.key];
  if (along !== undefined) {
    event.preventDefault();
    showChunk(view, row, Math.max(0, Math.min(along, last)));
  } else if (across !== undefined && view.rows[across]) {
    event.preventDefault();
    const time = chunks[view.index]?.[0] ?? 0;
    view.index = Math.max(0, nearestChunk(view.client.tasks[across], time));
    view.rows[across].focus({focusVisible: true});
  } else if (event.key === 'Escape') {
    hideChunk();
  }
}

function listen(view) {
  view.svg.addEventListener('pointermove', (event) => pointAt(view, event));
  view.svg.addEventListener('pointerdown', (event) => pointAt(view, event));
  view.svg.addEventListener('pointerleave', hideChunk);
  view.svg.addEventListener('keydown', (event) => moveByKey(view, event));
  // On the frame, since an SVG element with a listener for these events can get the focus itself.
  view.frame.addEventListener('focusout', hideChunk);
  view.frame.addEventListener('focusin', (event) => {
    const row = view.rows.indexOf(event.target);
    view.rows[view.row].setAttribute('tabindex', -1);
    view.rows[row].setAttribute('tabindex', 0);
    view.row = row;
    const last = view.client.tasks[row].chunks.length - 1;
    showChunk(view, row, Math.max(0, Math.min(view.index, last)));
  });
}
