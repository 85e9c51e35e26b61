'use strict';
// A colour and a shape for each task. Either of the two is enough to tell tasks apart, for
// colour-blind readers and on black and white paper. Also the functions that make elements.

const kColours = 8; // --task-0 to --task-7 in page.css
const kShapes = 6;

// Sets up `element`: the entry `text` is its text, and each other entry is an attribute. Entries
// without a value are skipped.
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name === 'text') element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const makeSvg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

// The class that sets the colour of a task. Tasks count from 1.
const taskClass = (task) => `task-${(task - 1) % kColours}`;

// The outline of a task's mark around (x, y), as an SVG path. All shapes look equally big.
function markPath(task, x, y, radius) {
  const [r, left, top] = [radius, x - radius, y - radius];
  switch ((task - 1) % kShapes) {
    case 0:
      return `M${left} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case 1:
      return box(x, y, 0.88 * r, 0.88 * r);
    case 2:
      return `M${x} ${y - 1.2 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z`;
    case 3:
      return `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`;
    case 4:
      return `M${x} ${y + 1.2 * r}l${1.2 * r} ${-2.1 * r}h${-2.4 * r}z`;
    default:
      return box(x, y, 0.4 * r, 1.2 * r) + box(x, y, 1.2 * r, 0.4 * r);
  }
}

const box = (x, y, halfWidth, halfHeight) =>
  `M${x - halfWidth} ${y - halfHeight}h${2 * halfWidth}v${2 * halfHeight}h${-2 * halfWidth}z`;

// The task's mark as a small picture inside a text.
function makeMark(task) {
  return makeSvg(
    'svg',
    {class: `mark ${taskClass(task)}`, viewBox: '0 0 16 16', 'aria-hidden': 'true'},
    makeSvg('path', {d: markPath(task, 8, 8, 5.5)}),
  );
}

// The name of a task with its mark.
function makeTaskName(task) {
  return make('span', {class: 'task-name'}, makeMark(task), `Task ${task}`);
}
