'use strict';
// The clock of the replay: a time, and the last step of the chosen client up to that time. Several
// steps can have the same time, so the time alone does not say which step is shown. Only this file
// changes the two; the scripts that draw register a listener.

const clock = {
  time: 0,
  end: Math.max(0.001, ...comparison.stages.map((client) => recordingOf(client).elapsed)),
  playing: false,
  client: 0, // the index of the chosen client
  step: -1, // the index of its last step so far; -1 before the first
  listeners: [],
};

const stepsOf = (client) => recordingOf(comparison.stages[client]).steps;

function notifyListeners() {
  for (const listener of clock.listeners) listener();
}

// Draws `element` after each change of the clock. While the clock plays, an element outside the
// window is skipped.
function drawByClock(element, draw) {
  let isVisible = true;
  new IntersectionObserver((entries) => {
    isVisible = entries.at(-1).isIntersecting;
    if (isVisible) draw();
  }).observe(element);
  clock.listeners.push(() => {
    if (isVisible || !clock.playing) draw();
  });
}

function setTime(time) {
  clock.time = Math.max(0, Math.min(time, clock.end));
  clock.step = countUntil(stepsOf(clock.client), clock.time, stepTime) - 1;
  notifyListeners();
}

function setStep(step) {
  const steps = stepsOf(clock.client);
  clock.step = Math.max(-1, Math.min(step, steps.length - 1));
  clock.time = clock.step < 0 ? 0 : steps[clock.step].at;
  notifyListeners();
}

// Moves by `number` steps of the chosen client; if it has no steps, by hundredths of the time.
function goBySteps(number) {
  if (stepsOf(clock.client).length > 0) setStep(clock.step + number);
  else setTime(clock.time + (number * clock.end) / 100);
}

function stepBy(number) {
  pause();
  goBySteps(number);
}

function goToNextChunk() {
  pause();
  const {steps, tasks} = recordingOf(comparison.stages[clock.client]);
  if (steps.length > 0) {
    const isChunk = ({kind, text}) => kind === 'print' && kChunkLine.test(text);
    const next = steps.findIndex((step, i) => i > clock.step && isChunk(step));
    setStep(next < 0 ? steps.length - 1 : next);
  } else {
    const times = tasks.flatMap(({chunks}) => chunks.map(chunkTime));
    setTime(times.filter((at) => at > clock.time).reduce((a, b) => Math.min(a, b), clock.end));
  }
}

function chooseClient(client) {
  clock.client = client;
  setTime(clock.time);
}

// ---------------------------------------------------------------- playing

const speedChoice = document.getElementById('speed');
let lastFrame = 0;
let nextStepIn = 0; // in milliseconds, at the speed of one step per second

// Whether the last step or the end of the time is reached.
function isAtEnd() {
  const {length} = stepsOf(clock.client);
  return speedChoice.value === 'steps' && length > 0
    ? clock.step === length - 1
    : clock.time >= clock.end;
}

function play() {
  if (isAtEnd()) setStep(-1);
  clock.playing = true;
  lastFrame = performance.now();
  nextStepIn = 0;
  requestAnimationFrame(onFrame);
  notifyListeners();
}

function pause() {
  if (!clock.playing) return;
  clock.playing = false;
  notifyListeners();
}

function onFrame(now) {
  if (!clock.playing) return;
  if (isAtEnd()) {
    pause();
    return;
  }
  // A page in the background gets no frames. The limit makes it continue where it stopped.
  const passed = Math.min(250, Math.max(0, now - lastFrame));
  lastFrame = now;
  if (speedChoice.value === 'steps') playSteps(passed);
  else setTime(clock.time + (passed / 1000) * Number(speedChoice.value));
  requestAnimationFrame(onFrame);
}

function playSteps(passed) {
  nextStepIn -= passed;
  if (nextStepIn > 0) return;
  nextStepIn += 1000;
  goBySteps(1);
}

// ---------------------------------------------------------------- the player

function showPlayer() {
  const scrub = document.getElementById('scrub');
  const byId = (id) => document.getElementById(id);
  byId('time-end').textContent = `of ${seconds(clock.end)}`;
  scrub.max = clock.end;
  scrub.step = clock.end / 2000;
  byId('play').addEventListener('click', () => (clock.playing ? pause() : play()));
  byId('back').addEventListener('click', () => stepBy(-1));
  byId('forward').addEventListener('click', () => stepBy(1));
  byId('chunk').addEventListener('click', goToNextChunk);
  scrub.addEventListener('input', () => setTime(Number(scrub.value)));
  document.addEventListener('keydown', playByKey);
  clock.listeners.push(() => {
    scrub.value = clock.time;
    scrub.setAttribute('aria-valuetext', `${exactly(clock.time)} of ${exactly(clock.end)}`);
    byId('time').textContent = exactly(clock.time);
    byId('play-word').textContent = clock.playing ? 'Pause' : 'Play';
    byId('play-shape').setAttribute(
      'd',
      clock.playing ? 'M5 3h4v14H5zM11 3h4v14h-4z' : 'M5 3v14l12-7z',
    );
  });
}

// The space bar and the arrow keys, if the player is visible and no other control uses them.
function playByKey(event) {
  const action = {
    ' ': () => (clock.playing ? pause() : play()),
    ArrowLeft: () => stepBy(-1),
    ArrowRight: () => stepBy(1),
  }[event.key];
  const frame = document.getElementById('player').getBoundingClientRect();
  const isVisible = frame.top < window.innerHeight && frame.bottom > 0;
  const isTaken =
    event.target.closest('input, select, summary, [role=slider], .wide') ||
    (event.key === ' ' && event.target.closest('button, a'));
  if (!action || !isVisible || isTaken || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  action();
}
