'use strict';
// The loop view: where the chosen client was at the moment that the clock shows, in a sentence, as
// the picture that nest.js draws, and by the lines and steps before and after.

const kPrintedLines = 7;
const kStepsBefore = 2;
const kStepsAfter = 4;

// ---------------------------------------------------------------- what was printed, and the steps

function drawPrinted() {
  const lines = [];
  for (let i = clock.step; i >= 0 && lines.length < kPrintedLines; --i) {
    const step = inside.recording.steps[i];
    if (step.kind !== 'print') continue;
    lines.unshift(make('li', {class: i === inside.shown ? 'now' : null}, step.text));
  }
  inside.printed.replaceChildren(...lines);
}

// Of a client without steps there are its lines, and no more.
function drawLines() {
  const {lines} = comparison.stages[clock.client];
  const shown = countUntil(lines, clock.time, stepTime);
  inside.printed.replaceChildren(
    ...lines
      .slice(Math.max(0, shown - kPrintedLines), shown)
      .map((line) => make('li', {text: line.text})),
  );
}

function drawSteps() {
  const {steps} = inside.recording;
  const items = [];
  for (let i = clock.step - kStepsBefore; i <= clock.step + kStepsAfter; ++i) {
    items.push(
      i >= 0 && i < steps.length
        ? makeStepItem(steps[i], i)
        : make('li', {class: 'none', text: ' '}),
    );
  }
  // The keyboard stays in the list, on the current step.
  const hasKeyboard = inside.steps.querySelector(':focus-visible') !== null;
  inside.steps.replaceChildren(...items);
  if (hasKeyboard) {
    const {steps} = inside;
    const button = steps.querySelector('[aria-current]') ?? steps.querySelector('button');
    button.focus({preventScroll: true, focusVisible: true});
  }
}

function makeStepItem(step, index) {
  const button = make(
    'button',
    {
      type: 'button',
      'aria-current': index === inside.shown ? 'step' : null,
      title: step.text,
    },
    make('span', {class: 'at', text: step.at.toFixed(4)}),
    step.task === null ? make('span', {class: 'mark'}) : makeMark(step.task),
    make('span', {class: `what ${step.kind}`, text: stepInShort(step)}),
  );
  button.addEventListener('click', () => {
    pause();
    setStep(index);
  });
  return make('li', {}, button);
}

// ---------------------------------------------------------------- all of it

// In which functions the client spent its time, the longest first: from each step to the next.
function placesOf(recording) {
  const places = new Map();
  recording.steps.forEach((step, i) => {
    const place = `${step.kind === 'wait' ? 'asleep in' : 'in'} ${innermost(step.stack)}`;
    const until = recording.steps[i + 1]?.at ?? toldUntil(recording);
    places.set(place, (places.get(place) ?? 0) + until - step.at);
  });
  return [...places].sort(([, a], [, b]) => b - a);
}

function timeInWords(recording) {
  const parts = placesOf(recording)
    .map(([place, time]) => ({place, part: Math.round((100 * time) / toldUntil(recording))}))
    .filter(({part}, i) => i === 0 || part >= 2)
    .slice(0, 3);
  return (
    `Of ${isCutShort(recording) ? 'these' : 'its'} ${seconds(toldUntil(recording))} it spent ` +
    `${listed(parts.map(({place, part}) => `${part}\u00a0% ${place}`))}.`
  );
}

function originOf(client, recording) {
  if (recording.steps.length === 0) {
    return 'Told from the lines of this client alone: they do not say how it waits.';
  }
  return (
    (recording.traced
      ? `Every step is a line of ${client.name} --trace, recorded in a run of its own. `
      : `Told from the lines that ${client.name} printed: it has no trace, so what is between two lines ` +
        'is what its source says, and that it slept is told from a pause of more than a millisecond. ') +
    cutInWords(recording) +
    (recording.traced ? timeInWords(recording) : '')
  );
}

function cutInWords(recording) {
  if (!isCutShort(recording)) return '';
  const what = recording.traced ? 'The trace ends' : 'Its lines end';
  const notKept = count(recording.linesNotKept, 'further line was', 'further lines were');
  return `${what} at ${seconds(toldUntil(recording))}: ${notKept} counted, and not kept. `;
}

function showClient() {
  const client = comparison.stages[clock.client];
  inside.recording = recordingOf(client);
  inside.nest = [];
  inside.stack.replaceChildren();
  inside.chips = inside.recording.tasks.map(makeChip);
  inside.watched.replaceChildren(...inside.chips.map(({chip}) => chip));
  inside.watched.classList.toggle('many', inside.chips.length > kMostChips);
  inside.origin.textContent = originOf(client, inside.recording);
  // Room for the deepest nest, so that the page stands still while boxes come and go.
  const depth = Math.max(2, ...new Set(inside.recording.steps.map((step) => step.stack.length)));
  inside.stack.style.setProperty('--depth', depth);
  inside.steps.parentElement.hidden = inside.recording.steps.length === 0;
  inside.stack.classList.toggle(
    'with-loop',
    inside.recording.steps.some((step) => step.stack.some(isLoop)),
  );
  inside.shown = null;
}

function drawInside() {
  if (inside.client !== clock.client) {
    inside.client = clock.client;
    showClient();
  }
  // A screen reader hears a step that somebody asked for, not a thousand that go by.
  inside.sentence.setAttribute(
    'aria-live',
    clock.playing && speedChoice.value !== 'steps' ? 'off' : 'polite',
  );
  const {steps} = inside.recording;
  const isBeyond = isCutShort(inside.recording) && clock.time > toldUntil(inside.recording);
  const index = isBeyond ? steps.length : clock.step;
  const step = steps[index];
  drawChips(step);
  if (steps.length === 0) drawLines();
  if (inside.shown === index) return;
  inside.shown = index;
  inside.number.textContent =
    steps.length === 0
      ? ''
      : `Step ${grouped.format(clock.step + 1)} of ${grouped.format(steps.length)}`;
  inside.sentence.textContent =
    steps.length === 0
      ? 'What this program does between its lines, nobody can tell from outside.'
      : stepInWords(inside.recording, index);
  inside.source.textContent = step?.text ?? '';
  drawNest(step);
  if (steps.length > 0) drawPrinted();
  drawSteps();
  drawWires();
}

function makeChooser() {
  comparison.stages.forEach((client, i) => {
    const input = make('input', {
      type: 'radio',
      name: 'client',
      value: i,
      checked: i === clock.client ? '' : null,
    });
    input.addEventListener('change', () => {
      chooseClient(i);
      // Who chose with a mouse gets the keys of the player back, and not those of this choice.
      if (!input.matches(':focus-visible')) input.blur();
    });
    document
      .getElementById('chooser')
      .append(make('label', {}, input, make('span', {text: client.name})));
  });
}

// The client with the most to see: the last one that was traced, else the last one with steps.
function bestClient() {
  const last = (isGood) => comparison.stages.findLastIndex((client) => isGood(recordingOf(client)));
  return Math.max(
    0,
    last((recording) => recording.traced),
    last((recording) => recording.traced) < 0 ? last((recording) => recording.steps.length > 0) : 0,
  );
}

function makeParts() {
  return {
    number: make('p', {class: 'step-number'}),
    sentence: make('p', {class: 'sentence', id: 'sentence', role: 'status'}),
    source: make('code', {class: 'source', title: 'the line that says so'}),
    watched: make('ul', {class: 'watched', 'aria-label': 'The connections'}),
    timers: make('p', {class: 'timers'}),
    wires: makeSvg('svg', {class: 'wires', 'aria-hidden': 'true'}),
    stack: make('div', {
      class: 'nest',
      role: 'group',
      'aria-label': 'The calls, from main inwards',
    }),
    printed: make('ol', {class: 'printed', 'aria-label': 'The last lines that it printed'}),
    steps: make('ol', {class: 'steps', 'aria-label': 'The steps before and after'}),
    origin: make('p', {class: 'origin'}),
  };
}

const withTitle = (title, type, ...children) =>
  make('div', {class: type}, make('h3', {text: title}), ...children);

const makePicture = ({wires, watched, timers, stack}) =>
  make(
    'div',
    {class: 'loop-picture'},
    wires,
    withTitle('Connections', 'outside', watched, timers),
    withTitle('The program', 'program', stack),
  );

function showLoop() {
  clock.client = bestClient();
  makeChooser();
  Object.assign(inside, makeParts());
  inside.picture = makePicture(inside);
  document
    .getElementById('inside')
    .append(
      make('div', {class: 'telling'}, inside.number, inside.sentence, inside.source),
      inside.picture,
      make(
        'div',
        {class: 'loop-lists'},
        withTitle('What it has printed', null, inside.printed),
        withTitle('Steps', null, inside.steps),
      ),
      inside.origin,
    );
  drawByClock(document.getElementById('loop'), drawInside);
  new ResizeObserver(() => drawWires()).observe(inside.picture);
}
