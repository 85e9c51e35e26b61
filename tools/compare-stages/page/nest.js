'use strict';
// The picture in the loop view. On the left what the client watches, on the right the calls that
// are on its stack, one box inside the other, and wires between the two.

const kMostChips = 12; // with more tasks than this, each has its number and a sign, and no words
const inside = {}; // the elements of the loop view, and what it shows at the moment; loop.js fills it

// ---------------------------------------------------------------- what is watched

function makeChip(task) {
  const {steps} = inside.recording;
  const end = task.end ?? Infinity;
  const state = make('span', {class: 'chip-state'});
  const chip = make(
    'li',
    {class: `chip ${taskClass(task.task)}`},
    makeMark(task.task),
    make('span', {class: 'chip-name', text: `${hasManyTasks() ? '' : 'Task '}${task.task}`}),
    state,
  );
  return {
    task,
    chip,
    state,
    words: null,
    // Steps may share their time with others; so its own tell when it begins and when it is over.
    firstStep: steps.findIndex((step) => step.task === task.task),
    lastStep: steps.findLastIndex(
      (step) => step.task === task.task && step.at <= end && !kLengthLine.test(step.text),
    ),
  };
}

const hasManyTasks = () => comparison.servers.length > kMostChips;

// What the recording says of a task at a step: is it asked for, does it have its turn, is it over?
function stateOfTask({task, firstStep, lastStep}, step) {
  const isItsStep = step?.task === task.task;
  if (task.asked !== null && (clock.time < task.asked || clock.step < firstStep)) {
    return {name: 'unasked', words: 'not asked yet', sign: '…'};
  }
  if (
    isItsStep &&
    clock.step <= lastStep &&
    ['wake', 'call', 'print', 'lost'].includes(step.kind)
  ) {
    return {name: 'awake', words: step.kind === 'lost' ? 'at its end' : 'has its turn', sign: '▶'};
  }
  if (task.end !== null && clock.time >= task.end && clock.step >= lastStep) {
    return {name: 'over', words: task.outcome, sign: task.outcome === 'complete' ? '✓' : '✗'};
  }
  if (!step) return {name: 'unknown', words: '', sign: ''};
  return {name: 'watched', words: step.kind === 'wait' ? 'waited for' : 'open', sign: ''};
}

function drawChips(step) {
  for (const entry of inside.chips) {
    const {name, words, sign} = stateOfTask(entry, step);
    if (entry.chip.dataset.state === name && entry.words === words) continue;
    entry.words = words;
    entry.chip.dataset.state = name;
    entry.state.textContent = hasManyTasks() ? sign : words;
    const {task} = entry.task;
    const label = [`Task ${task}, ${poemName(comparison.servers[task - 1])}`, words];
    entry.chip.title = label.filter(Boolean).join(': ');
    if (hasManyTasks()) entry.chip.setAttribute('aria-label', entry.chip.title);
  }
  const timers = step ? (lastWait()?.timers ?? 0) : 0;
  inside.timers.hidden = timers === 0;
  inside.timers.textContent = `◷ ${count(timers, 'timer')}`;
}

// The wait that came before the current step, or is it.
function lastWait() {
  for (let i = clock.step; i >= 0; --i) {
    if (inside.recording.steps[i].kind === 'wait') return inside.recording.steps[i];
  }
  return null;
}

// ---------------------------------------------------------------- the nest of calls

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
        make('li', {'data-kind': 'timer'}, make('span', {text: 'call timers that are due'})),
        make('li', {'data-kind': 'wait'}, make('span', {text: 'sleep'})),
        make('li', {'data-kind': 'call'}, make('span', {text: 'call whoever is ready'})),
      ),
    );
  }
  return {name, box};
}

// Boxes that are there already stay; so a call can be seen to grow out of its caller.
function drawNest(step) {
  const stack = step?.stack ?? [
    inside.recording.steps.length > 0 ? 'main' : comparison.stages[clock.client].name,
  ];
  let same = 0;
  while (same < stack.length && inside.nest[same]?.name === stack[same]) ++same;
  for (const gone of inside.nest.splice(same)) gone.box.remove();
  for (const name of stack.slice(same)) {
    const entry = makeBox(name);
    (inside.nest.at(-1)?.box ?? inside.stack).append(entry.box);
    inside.nest.push(entry);
  }
  const isBusy = step && !['wait', 'stop'].includes(step.kind);
  inside.nest.forEach(({box}, depth) => {
    const isTop = depth === inside.nest.length - 1;
    box.classList.toggle('top', isTop);
    box.classList.toggle('asleep', isTop && step?.kind === 'wait');
    for (let i = 0; i < kColours; ++i) box.classList.remove(`task-${i}`);
    if (isBusy && step.task !== null && depth > loopDepth())
      box.classList.add(taskClass(step.task));
  });
  drawStation(step, inside.recording.steps[clock.step - 1]);
}

// How deep in the nest the loop is, or the function that stands for it; what it calls is coloured.
function loopDepth() {
  const depth = inside.nest.findIndex(({name}) => isLoop(name));
  return depth < 0 ? 1 : depth;
}

// Where in its round the loop is. Who returns to it was called at one of the two stations.
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
    const isCurrent = station.dataset.kind === kind;
    station.classList.toggle('current', isCurrent);
  }
}

// ---------------------------------------------------------------- the wires between the two

// From each task that is watched to the box that watches: the loop, or else whoever is at work.
function drawWires() {
  const target = (inside.nest.find(({name}) => isLoop(name)) ?? inside.nest.at(-1)).box;
  inside.wires.replaceChildren();
  const frame = inside.picture.getBoundingClientRect();
  const to = target.querySelector('.box-name').getBoundingClientRect();
  const end = {
    x: target.getBoundingClientRect().left - frame.left,
    y: to.top + to.height / 2 - frame.top,
  };
  const isMany = hasManyTasks();
  for (const {task, chip} of inside.chips) {
    const state = chip.dataset.state;
    if (['unasked', 'over', 'unknown'].includes(state) || (isMany && state !== 'awake')) continue;
    if (isMany) inside.watched.scrollTop = chip.offsetTop - inside.watched.clientHeight / 2;
    const from = chip.getBoundingClientRect();
    if (from.right - frame.left > end.x) continue; // one above the other: no room for wires
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
