'use strict';
// The loop view: where the chosen client was at the moment that the clock shows. On the left what it
// watches, on the right the calls that are on its stack, one box inside the other.

const kMostChips = 12;      // with more tasks than this, a task is shown by its mark alone
const kPrintedLines = 7;
const kStepsBefore = 2;
const kStepsAfter = 4;

const inside = {};  // the elements of the view, and what it shows at the moment

// ---------------------------------------------------------------- what is watched

function makeChip(task) {
  const server = comparison.servers[task.task - 1];
  const many = comparison.servers.length > kMostChips;
  const state = make('span', {class: 'chip-state'});
  const chip = make('li', {class: `chip ${taskClass(task.task)}`, title: `Task ${task.task}, ${poemName(server)}`},
    makeMark(task.task), make('span', {class: 'chip-name', text: many ? `${task.task}` : `Task ${task.task}`}),
    ...(many ? [] : [state]));
  return {task, chip, state};
}

// What the recording says of a task at a step: does it have its turn, is it over, does anybody listen?
function stateOfTask(task, step, time, model) {
  const isItsStep = step?.task === task.task;
  if (isItsStep && ['wake', 'call', 'print', 'lost'].includes(step.kind)) {
    return {name: 'awake', words: step.kind === 'lost' ? 'at its end' : 'has its turn'};
  }
  if (task.end !== null && time >= task.end) return {name: 'over', words: task.outcome};
  if (!step) return {name: 'unknown', words: ''};
  if (model === 'blocking' && !isItsStep) return {name: 'deaf', words: 'nobody listens'};
  return {name: 'watched', words: step.kind === 'wait' ? 'waited for' : 'open'};
}

function drawChips(step) {
  const model = comparison.stages[clock.stage].model;
  for (const {task, chip, state} of inside.chips) {
    const {name, words} = stateOfTask(task, step, clock.time, model);
    if (chip.dataset.state === name && state.textContent === words) continue;
    chip.dataset.state = name;
    state.textContent = words;
  }
  const timers = lastWait()?.timers ?? 0;
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
  const box = make('div', {class: `box${isLoop(name) || isSleeper(name) ? ' loop' : ''}`},
    make('p', {class: 'box-name'}, make('code', {text: name}), ' ',
      make('span', {class: 'purpose', text: purposeOf(name)})));
  if (isLoop(name)) {
    box.append(make('ol', {class: 'stations'},
      make('li', {'data-kind': 'timer'}, make('span', {text: 'call timers that are due'})),
      make('li', {'data-kind': 'wait'}, make('span', {text: 'sleep'})),
      make('li', {'data-kind': 'call'}, make('span', {text: 'call whoever is ready'}))));
  }
  return {name, box};
}

// Boxes that are there already stay; so a call can be seen to grow out of its caller.
function drawNest(step) {
  const stack = step?.stack ?? [inside.recording.steps.length > 0 ? 'main' : comparison.stages[clock.stage].name];
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
    if (isBusy && step.task !== null && depth > loopDepth()) box.classList.add(taskClass(step.task));
  });
  drawStation(step);
}

// How deep in the nest the loop is, or the function that stands for it; what it calls is coloured.
function loopDepth() {
  const depth = inside.nest.findIndex(({name}) => isLoop(name));
  return depth < 0 ? 1 : depth;
}

function drawStation(step) {
  const kind = {wait: 'wait', timer: 'timer', wake: 'call', call: 'call', print: 'call', lost: 'call',
    return: 'call'}[step?.kind];
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
  const end = {x: target.getBoundingClientRect().left - frame.left, y: to.top + to.height / 2 - frame.top};
  const isMany = inside.chips.length > kMostChips;
  for (const {task, chip} of inside.chips) {
    const state = chip.dataset.state;
    if (state === 'over' || state === 'unknown' || (isMany && state !== 'awake')) continue;
    if (isMany) inside.watched.scrollTop = chip.offsetTop - inside.watched.clientHeight / 2;
    const from = chip.getBoundingClientRect();
    if (from.right - frame.left > end.x) continue;  // one above the other: no room for wires
    inside.wires.append(makeSvg('path', {class: `wire ${state} ${taskClass(task.task)}`,
      d: wirePath(from.right - frame.left, from.top + from.height / 2 - frame.top, end.x, end.y)}));
  }
}

function wirePath(x1, y1, x2, y2) {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

// ---------------------------------------------------------------- what was printed, and the steps

function drawPrinted() {
  const lines = [];
  for (let i = clock.step; i >= 0 && lines.length < kPrintedLines; --i) {
    const step = inside.recording.steps[i];
    if (step.kind !== 'print') continue;
    lines.unshift(make('li', {class: i === clock.step ? 'now' : null}, step.text));
  }
  inside.printed.replaceChildren(...lines);
}

// Of a client without steps there are its lines, and no more.
function drawLines() {
  const {lines} = comparison.stages[clock.stage];
  const shown = countUntil(lines, clock.time, stepTime);
  inside.printed.replaceChildren(...lines.slice(Math.max(0, shown - kPrintedLines), shown)
    .map((line) => make('li', {text: line.text})));
}

function drawSteps() {
  const {steps} = inside.recording;
  const items = [];
  for (let i = clock.step - kStepsBefore; i <= clock.step + kStepsAfter; ++i) {
    items.push(i >= 0 && i < steps.length ? makeStepItem(steps[i], i) : make('li', {class: 'none', text: ' '}));
  }
  inside.steps.replaceChildren(...items);
}

function makeStepItem(step, index) {
  const item = make('li', {'aria-current': index === clock.step ? 'step' : null, title: step.text},
    make('span', {class: 'at', text: step.at.toFixed(4)}),
    step.task === null ? make('span', {class: 'mark'}) : makeMark(step.task),
    make('span', {class: `what ${step.kind}`, text: stepInShort(step)}));
  item.addEventListener('click', () => { pause(); setStep(index); });
  return item;
}

// ---------------------------------------------------------------- all of it

// In which functions the client spent its time, the longest first: from each step to the next.
function placesOf(recording) {
  const places = new Map();
  recording.steps.forEach((step, i) => {
    const place = `${step.kind === 'wait' ? 'asleep in' : 'in'} ${innermost(step.stack)}`;
    const until = recording.steps[i + 1]?.at ?? recording.elapsed;
    places.set(place, (places.get(place) ?? 0) + until - step.at);
  });
  return [...places].sort(([, a], [, b]) => b - a);
}

function timeInWords(recording) {
  const parts = placesOf(recording)
    .map(([place, time]) => ({place, part: Math.round(100 * time / recording.elapsed)}))
    .filter(({part}, i) => i === 0 || part >= 2).slice(0, 3);
  return `Of its ${seconds(recording.elapsed)} it spent ` +
    `${listed(parts.map(({place, part}) => `${part}\u00a0% ${place}`))}.`;
}

function originOf(stage, recording) {
  if (recording.steps.length === 0) {
    return 'Told from the lines of this client alone: they do not say how it waits.';
  }
  return (recording.traced
    ? `Every step is a line of ${stage.name} --trace, recorded in a run of its own. `
    : `Told from the lines that ${stage.name} printed: it has no trace, so what is between two lines ` +
      'is what its source says. ') + timeInWords(recording);
}

function showStage() {
  const stage = comparison.stages[clock.stage];
  inside.recording = recordingOf(stage);
  inside.nest = [];
  inside.stack.replaceChildren();
  inside.chips = inside.recording.tasks.map(makeChip);
  inside.watched.replaceChildren(...inside.chips.map(({chip}) => chip));
  inside.watched.classList.toggle('many', inside.chips.length > kMostChips);
  inside.origin.textContent = originOf(stage, inside.recording);
  // Room for the deepest nest, so that the page stands still while boxes come and go.
  const depth = Math.max(2, ...new Set(inside.recording.steps.map((step) => step.stack.length)));
  inside.stack.style.setProperty('--depth', depth);
  inside.steps.parentElement.hidden = inside.recording.steps.length === 0;
  inside.stack.classList.toggle('with-loop', inside.recording.steps.some((step) => step.stack.some(isLoop)));
  inside.shown = null;
}

function drawInside() {
  if (inside.stage !== clock.stage) {
    inside.stage = clock.stage;
    showStage();
  }
  // A screen reader hears a step that somebody asked for, not a thousand that go by.
  inside.sentence.setAttribute('aria-live', clock.playing && speedChoice.value !== 'steps' ? 'off' : 'polite');
  const step = inside.recording.steps[clock.step];
  drawChips(step);
  const {steps} = inside.recording;
  if (steps.length === 0) drawLines();
  if (inside.shown === clock.step) return;
  inside.shown = clock.step;
  inside.number.textContent = steps.length === 0 ? '' :
    `Step ${grouped.format(clock.step + 1)} of ${grouped.format(steps.length)}`;
  inside.sentence.textContent = steps.length === 0 ? 'What this program does between its lines, nobody can tell from outside.'
                                                   : stepInWords(inside.recording, clock.step);
  inside.source.textContent = step?.text ?? '';
  drawNest(step);
  drawChips(step);
  if (steps.length > 0) drawPrinted();
  drawSteps();
  drawWires();
}

function makeChooser() {
  comparison.stages.forEach((stage, i) => {
    const input = make('input', {type: 'radio', name: 'stage', value: i, checked: i === clock.stage ? '' : null});
    input.addEventListener('change', () => chooseStage(i));
    document.getElementById('chooser').append(make('label', {}, input, make('span', {text: stage.name})));
  });
}

// The client with the most to see: the last one that was traced, else the last one with steps.
function bestStage() {
  const last = (isGood) => comparison.stages.findLastIndex((stage) => isGood(recordingOf(stage)));
  return Math.max(0, last((recording) => recording.traced), last((recording) => recording.traced) < 0
    ? last((recording) => recording.steps.length > 0) : 0);
}

function showLoop() {
  clock.stage = bestStage();
  makeChooser();
  Object.assign(inside, {
    number: make('p', {class: 'step-number'}),
    sentence: make('p', {class: 'sentence', id: 'sentence', role: 'status'}),
    source: make('code', {class: 'source', title: 'the line that says so'}),
    watched: make('ul', {class: 'watched', 'aria-label': 'The connections'}),
    timers: make('p', {class: 'timers'}),
    wires: makeSvg('svg', {class: 'wires', 'aria-hidden': 'true'}),
    stack: make('div', {class: 'nest', role: 'group', 'aria-label': 'The calls, from main inwards'}),
    printed: make('ol', {class: 'printed', 'aria-label': 'The last lines that it printed'}),
    steps: make('ol', {class: 'steps', 'aria-label': 'The steps before and after'}),
    origin: make('p', {class: 'origin'}),
  });
  inside.picture = make('div', {class: 'loop-picture'}, inside.wires,
    make('div', {class: 'outside'}, make('h3', {text: 'Connections'}), inside.watched, inside.timers),
    make('div', {class: 'program'}, make('h3', {text: 'The program'}), inside.stack));
  document.getElementById('inside').append(
    make('div', {class: 'telling'}, inside.number, inside.sentence, inside.source),
    inside.picture,
    make('div', {class: 'loop-lists'},
      make('div', {}, make('h3', {text: 'What it has printed'}), inside.printed),
      make('div', {}, make('h3', {text: 'Steps'}), inside.steps)),
    inside.origin);
  drawByClock(document.getElementById('loop'), drawInside);
  new ResizeObserver(() => drawWires()).observe(inside.picture);
}
