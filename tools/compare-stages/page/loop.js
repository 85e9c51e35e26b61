'use strict';
// The loop view: where the chosen client was at the time that the clock shows. It has a sentence,
// the picture that call_stack.js draws, the printed lines, and the steps before and after.

const kPrintedLines = 7;
const kStepsBefore = 2;
const kStepsAfter = 4;

// ---------------------------------------------------------------- the printed lines and the steps

function drawPrinted() {
  const lines = [];
  for (let i = clock.step; i >= 0 && lines.length < kPrintedLines; --i) {
    const step = inside.recording.steps[i];
    if (step.kind !== 'print') continue;
    lines.unshift(make('li', {class: i === inside.shown ? 'now' : null}, step.text));
  }
  inside.printed.replaceChildren(...lines);
}

// For a client without steps, the page has only its printed lines.
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
  // The focus stays in the list, on the current step.
  const hadFocus = inside.steps.querySelector(':focus-visible') !== null;
  inside.steps.replaceChildren(...items);
  if (hadFocus) {
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
      title: step.text || null,
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

// ---------------------------------------------------------------- the time, and its source

// The functions in which the client spent its time, the longest time first. A step lasts until the
// next one.
function placesOf(recording) {
  const places = new Map();
  recording.steps.forEach((step, i) => {
    const place = `${step.kind === 'wait' ? 'asleep in' : 'in'} ${innermost(step.stack)}`;
    const until = recording.steps[i + 1]?.at ?? knownUntil(recording);
    places.set(place, (places.get(place) ?? 0) + until - step.at);
  });
  return [...places].sort(([, a], [, b]) => b - a);
}

function timeInWords(recording) {
  const parts = placesOf(recording)
    .map(([place, time]) => ({place, part: Math.round((100 * time) / knownUntil(recording))}))
    .filter(({part}, i) => i === 0 || part >= 2)
    .slice(0, 3);
  return (
    `Of ${isCutShort(recording) ? 'these' : 'its'} ${seconds(knownUntil(recording))} it spent ` +
    `${listed(parts.map(({place, part}) => `${part}\u00a0% ${place}`))}.`
  );
}

function originOf(client, recording) {
  if (recording.steps.length === 0) return '';
  if (recording.traced) {
    return (
      `The steps come from the output of ${client.name} --trace, recorded in a run of its own. ` +
      'Its call stack leaves out some functions of the library. ' +
      cutInWords(recording) +
      timeInWords(recording)
    );
  }
  return (
    `${client.name} has no trace. The steps come from the lines that it printed and, between two ` +
    'lines, from its source. ' +
    (client.model === 'select'
      ? 'A pause of more than a millisecond between two lines counts as sleep. Before its first ' +
        'sleep it connects to all servers; it prints nothing about that. '
      : '') +
    cutInWords(recording)
  );
}

function cutInWords(recording) {
  if (!isCutShort(recording)) return '';
  const what = recording.traced ? 'The trace ends' : 'The recorded lines end';
  const notKept = count(recording.linesNotKept, 'further line was', 'further lines were');
  return `${what} at ${seconds(knownUntil(recording))}: ${notKept} counted but not kept. `;
}

function showClient() {
  const client = comparison.stages[clock.client];
  inside.recording = recordingOf(client);
  inside.boxes = [];
  inside.stack.replaceChildren();
  inside.chips = inside.recording.tasks.map(makeChip);
  inside.watched.replaceChildren(...inside.chips.map(({chip}) => chip));
  inside.watched.classList.toggle('many', inside.chips.length > kMostChips);
  inside.origin.textContent = originOf(client, inside.recording);
  // Room for the deepest call stack, so that the page does not move while boxes appear and vanish.
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
  // A screen reader reads the steps that the reader asks for, not those of a running replay.
  inside.sentence.setAttribute(
    'aria-live',
    clock.playing && speedChoice.value !== 'steps' ? 'off' : 'polite',
  );
  const {steps} = inside.recording;
  const isBeyond = isCutShort(inside.recording) && clock.time > knownUntil(inside.recording);
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
      ? 'Only the printed lines of this client are known, not what it does between them.'
      : stepInWords(inside.recording, index);
  inside.source.textContent = step ? step.text || 'No line reports this step.' : '';
  drawStack(step);
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
      // After a click, the arrow keys go to the player again. From the keyboard, they stay here.
      if (!input.matches(':focus-visible')) input.blur();
    });
    document
      .getElementById('chooser')
      .append(make('label', {}, input, make('span', {text: client.name})));
  });
}

// The client that the view begins with: the last one with a trace, or else the last one with steps.
function bestClient() {
  const recordings = comparison.stages.map(recordingOf);
  const traced = recordings.findLastIndex((recording) => recording.traced);
  if (traced >= 0) return traced;
  return Math.max(
    0,
    recordings.findLastIndex((recording) => recording.steps.length > 0),
  );
}

function makeParts() {
  return {
    number: make('p', {class: 'step-number'}),
    sentence: make('p', {class: 'sentence', id: 'sentence', role: 'status'}),
    source: make('code', {class: 'source', title: 'the line that reports this step'}),
    watched: make('ul', {class: 'watched', 'aria-label': 'The connections'}),
    timers: make('p', {class: 'timers'}),
    wires: makeSvg('svg', {class: 'wires', 'aria-hidden': 'true'}),
    stack: make('div', {
      class: 'call-stack',
      role: 'group',
      'aria-label': 'The call stack, from main inwards',
    }),
    printed: make('ol', {class: 'printed', 'aria-label': 'The last printed lines'}),
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
    withTitle('Call stack', 'program', stack),
  );

function showLoop() {
  clock.client = bestClient();
  makeChooser();
  Object.assign(inside, makeParts());
  inside.picture = makePicture(inside);
  document
    .getElementById('inside')
    .append(
      make('div', {class: 'explanation'}, inside.number, inside.sentence, inside.source),
      inside.picture,
      make(
        'div',
        {class: 'loop-lists'},
        withTitle('Printed lines', null, inside.printed),
        withTitle('Steps', null, inside.steps),
      ),
      inside.origin,
    );
  drawByClock(document.getElementById('loop'), drawInside);
  new ResizeObserver(() => drawWires()).observe(inside.picture);
}
