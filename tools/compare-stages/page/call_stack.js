'use strict';
// The picture in the loop view. On the left are the connections that the client watches. On the
// right is its call stack, one box inside the other. Wires join the two.

const kMostChips = 12; // with more tasks than this, a chip has a number and a sign, but no words
const inside = {}; // the elements of the loop view and what it shows now; loop.js fills it

// ---------------------------------------------------------------- the watched connections

function makeChip(task) {
  const state = make('span', {class: 'chip-state'});
  const chip = make(
    'li',
    {class: `chip ${taskClass(task.task)}`},
    makeMark(task.task),
    make('span', {class: 'chip-name', text: `${hasManyTasks() ? '' : 'Task '}${task.task}`}),
    state,
  );
  return {task, chip, state, words: null, life: lifeOf(task, inside.recording)};
}

const hasManyTasks = () => comparison.servers.length > kMostChips;

// The line of a client that reports the end of a task when it happens.
const kEndLine = /^Task \d+(?: finished|: got .* in [\d:.]+)$/;

// Calls that end an attempt to connect. The trace does not say for which task.
const isAttempt = (step) => /^TcpClient::do/.test(innermost(step.stack));

// The steps between which the connection of a task begins and ends. Where several connections begin or
// end and the recording does not name their tasks, there are some steps between `first` and `last`, and
// the state is not known for them.
function lifeOf(task, {steps}) {
  const or = (index, other) => (index < 0 ? other : index);
  const isOwn = (step) => step.task === task.task;
  const isNameless = (step) => step.kind === 'lost' && step.task === null;
  const isEnd = ({kind, text}) => kind === 'lost' || (kind === 'print' && kEndLine.test(text));
  const asked = steps.findIndex(isOwn);
  const attempt = steps.findIndex(isAttempt);
  const made =
    task.asked !== null
      ? or(
          steps.findIndex((step) => isOwn(step) && step.kind === 'wait'),
          asked,
        )
      : steps.findIndex(({kind, writers}, i) => i > attempt && kind === 'wait' && !writers);
  const chunk = steps.findLastIndex((step) => isOwn(step) && kChunkLine.test(step.text));
  const end = steps.findIndex((step) => isOwn(step) && isEnd(step));
  const between = (first, last) => ({first: or(first, steps.length), last: or(last, steps.length)});
  return {
    asked,
    begins: between(task.asked === null && attempt >= 0 ? attempt : made, made),
    ends:
      end >= 0
        ? between(end, end)
        : between(
            steps.findIndex((step, i) => i > chunk && isNameless(step)),
            steps.findLastIndex(isNameless),
          ),
  };
}

// The state of a task after a step. `isWired`: the program waits for its connection, or has been called
// for it.
function stateOfTask({task, life}, step) {
  const {step: index, time} = clock;
  const isOver = {
    name: 'over',
    words: task.outcome,
    sign: task.outcome === 'complete' ? '✓' : '✗',
  };
  if (task.asked !== null && (time < task.asked || index < life.asked))
    return {name: 'unasked', words: 'not asked yet', sign: '…'};
  if (inside.recording.steps.length === 0 && task.end !== null && time >= task.end) return isOver;
  if (!step) return {name: 'unknown', words: '', sign: ''};
  const isOwn = step.task === task.task && !kLengthLine.test(step.text);
  if (index >= life.ends.first) {
    if (isOwn) return {name: 'active', words: 'ended', sign: '▶'};
    if (index >= life.ends.last) return isOver;
    return {name: 'watched', words: 'open or ended', sign: '?'};
  }
  if (isOwn && index < life.begins.first) return {name: 'active', words: 'asked for', sign: '▶'};
  if (isOwn && step.kind !== 'wait') {
    const words = step.kind === 'wake' ? 'ready' : 'active';
    return {name: 'active', words, sign: '▶', isWired: true};
  }
  if (index < life.begins.first)
    return {name: 'watched', words: 'connecting', sign: '…', isWired: true};
  if (index < life.begins.last)
    return {name: 'watched', words: 'connecting or open', sign: '…', isWired: true};
  const isWaitedFor = step.kind === 'wait';
  return {name: 'watched', words: isWaitedFor ? 'waited for' : 'open', sign: '', isWired: true};
}

function drawChips(step) {
  for (const entry of inside.chips) {
    const {name, words, sign, isWired} = stateOfTask(entry, step);
    entry.isWired = isWired;
    if (entry.chip.dataset.state === name && entry.words === words) continue;
    entry.words = words;
    entry.chip.dataset.state = name;
    entry.state.textContent = hasManyTasks() ? sign : words;
    const {task} = entry.task;
    const label = [`Task ${task}, ${poemName(comparison.servers[task - 1])}`, words];
    entry.chip.title = label.filter(Boolean).join(': ');
    if (hasManyTasks()) entry.chip.setAttribute('aria-label', entry.chip.title);
  }
  const {timers = 0, writers = 0} = (step && lastWait()) ?? {};
  inside.timers.hidden = timers === 0;
  inside.timers.textContent =
    `◷ ${count(timers, 'timer')}` + (writers > 0 ? ': time limits for connecting' : '');
}

// The last wait up to the current step.
function lastWait() {
  for (let i = clock.step; i >= 0; --i) {
    if (inside.recording.steps[i].kind === 'wait') return inside.recording.steps[i];
  }
  return null;
}

// ---------------------------------------------------------------- the call stack

function makeBox(name) {
  const box = make(
    'div',
    {class: `box${isLoop(name) || isSleeper(name) ? ' loop' : ''}`},
    make(
      'p',
      {class: 'box-name'},
      make('code', {text: name}),
      ' ',
      make('span', {class: 'purpose', text: purposeOf(name)}),
    ),
  );
  if (isLoop(name)) {
    box.append(
      make(
        'ol',
        {class: 'stations'},
        make('li', {'data-kind': 'timer'}, make('span', {text: 'call due timers'})),
        make('li', {'data-kind': 'wait'}, make('span', {text: 'sleep'})),
        make('li', {'data-kind': 'call'}, make('span', {text: 'call ready connections'})),
      ),
    );
  }
  return {name, box};
}

// Keeps the boxes of calls that have not returned, so that a new call grows out of its caller.
function drawStack(step) {
  const stack = step?.stack ?? [
    inside.recording.steps.length > 0 ? 'main' : comparison.stages[clock.client].name,
  ];
  let same = 0;
  while (same < stack.length && inside.boxes[same]?.name === stack[same]) ++same;
  for (const gone of inside.boxes.splice(same)) gone.box.remove();
  for (const name of stack.slice(same)) {
    const entry = makeBox(name);
    (inside.boxes.at(-1)?.box ?? inside.stack).append(entry.box);
    inside.boxes.push(entry);
  }
  const isBusy = step && !['wait', 'stop'].includes(step.kind);
  inside.boxes.forEach(({box}, depth) => {
    const isTop = depth === inside.boxes.length - 1;
    box.classList.toggle('top', isTop);
    box.classList.toggle('asleep', isTop && step?.kind === 'wait');
    for (let i = 0; i < kColours; ++i) box.classList.remove(`task-${i}`);
    if (isBusy && step.task !== null && depth > loopDepth())
      box.classList.add(taskClass(step.task));
  });
  drawStation(step, inside.recording.steps[clock.step - 1]);
}

// How deep in the call stack the loop is; without a loop, 1. The calls above it are coloured.
function loopDepth() {
  const depth = inside.boxes.findIndex(({name}) => isLoop(name));
  return depth < 0 ? 1 : depth;
}

// Which part of its iteration the loop is in. A function that returns to it was called in one of
// the two parts that make calls.
function stationOf(step, before) {
  switch (step?.kind) {
    case 'wait':
    case 'timer':
      return step.kind;
    case 'return':
      return before?.kind === 'timer' ? 'timer' : 'call';
    case 'wake':
    case 'call':
    case 'print':
    case 'lost':
      return 'call';
    default:
      return null;
  }
}

function drawStation(step, before) {
  const kind = stationOf(step, before);
  for (const station of inside.stack.querySelectorAll('.stations li')) {
    station.classList.toggle('current', station.dataset.kind === kind);
  }
}

// ---------------------------------------------------------------- the wires between the two

// From each watched task to the box of the loop; without a loop, to the innermost box.
function drawWires() {
  const target = (inside.boxes.find(({name}) => isLoop(name)) ?? inside.boxes.at(-1)).box;
  inside.wires.replaceChildren();
  const frame = inside.picture.getBoundingClientRect();
  const to = target.querySelector('.box-name').getBoundingClientRect();
  const end = {
    x: target.getBoundingClientRect().left - frame.left,
    y: to.top + to.height / 2 - frame.top,
  };
  const isMany = hasManyTasks();
  for (const {task, chip, isWired} of inside.chips) {
    const state = chip.dataset.state;
    if (!isWired || (isMany && state !== 'active')) continue;
    if (isMany) inside.watched.scrollTop = chip.offsetTop - inside.watched.clientHeight / 2;
    const from = chip.getBoundingClientRect();
    // On a narrow screen the chips are above the boxes, and wires have no room.
    if (from.right - frame.left > end.x) continue;
    inside.wires.append(
      makeSvg('path', {
        class: `wire ${state} ${taskClass(task.task)}`,
        d: wirePath(from.right - frame.left, from.top + from.height / 2 - frame.top, end.x, end.y),
      }),
    );
  }
}

function wirePath(x1, y1, x2, y2) {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
