'use strict';
// The clock of the replay. It has a time, and the step of the chosen client that this time has
// reached: several steps may bear the same time, so stepping cannot go by time alone. Nobody but
// this file changes either of them; whoever shows something listens.

const clock = {
  time: 0,
  end: Math.max(0.001, ...comparison.stages.map((client) => recordingOf(client).elapsed)),
  playing: false,
  client: 0, // the client whose steps are gone through
  step: -1, // the last of its steps that has happened; -1 before the first
  listeners: [],
};

const stepsOf = (client) => recordingOf(comparison.stages[client] ?? {tasks: [], elapsed: 0}).steps;

function tellListeners() {
  for (const listener of clock.listeners) listener();
}

// Draws `element` whenever the clock has changed; while it plays, only if the element is to be
// seen.
function drawByClock(element, draw) {
  let isSeen = true;
  new IntersectionObserver((entries) => {
    isSeen = entries.at(-1).isIntersecting;
    if (isSeen) draw();
  }).observe(element);
  clock.listeners.push(() => {
    if (isSeen || !clock.playing) draw();
  });
}

function setTime(time) {
  clock.time = Math.max(0, Math.min(time, clock.end));
  clock.step = countUntil(stepsOf(clock.client), clock.time, stepTime) - 1;
  tellListeners();
}

function setStep(step) {
  const steps = stepsOf(clock.client);
  clock.step = Math.max(-1, Math.min(step, steps.length - 1));
  clock.time = clock.step < 0 ? 0 : steps[clock.step].at;
  tellListeners();
}

// Goes on by so many steps of the chosen client; by hundredths, if it has none.
function goBySteps(number) {
  if (stepsOf(clock.client).length > 0) setStep(clock.step + number);
  else setTime(clock.time + (number * clock.end) / 100);
}

function stepBy(number) {
  pause();
  goBySteps(number);
}

function chooseClient(client) {
  clock.client = client;
  setTime(clock.time);
}

// ---------------------------------------------------------------- playing

const speedChoice = document.getElementById('speed');
let lastFrame = 0;
let nextStepIn = 0; // in milliseconds, where the replay goes step by step

// Whether nothing is left to play: no time, or else no step.
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
  tellListeners();
}

function pause() {
  if (!clock.playing) return;
  clock.playing = false;
  tellListeners();
}

function onFrame(now) {
  if (!clock.playing) return;
  if (isAtEnd()) {
    pause();
    return;
  }
  // A page in the background gets no frames; it goes on from where it was.
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

// Space and the arrows, as long as the player is to be seen and nobody else wants them.
function playByKey(event) {
  const wanted = {
    ' ': () => (clock.playing ? pause() : play()),
    ArrowLeft: () => stepBy(-1),
    ArrowRight: () => stepBy(1),
  }[event.key];
  const frame = document.getElementById('player').getBoundingClientRect();
  const isSeen = frame.top < window.innerHeight && frame.bottom > 0;
  const isTaken =
    event.target.closest('input, select, summary, [role=slider], .wide') ||
    (event.key === ' ' && event.target.closest('button, a'));
  if (!wanted || !isSeen || isTaken || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  wanted();
}
