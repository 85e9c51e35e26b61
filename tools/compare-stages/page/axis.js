'use strict';
// The time axis of the timelines, the two times that are marked on it, and the checkbox that
// magnifies its beginning.

function roundStep(span, most) {
  const step = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 5, 10].map((factor) => factor * step).find((candidate) => span / candidate <= most);
}

function drawAxis(svg, width) {
  const layout = layoutFor(width);
  const step = roundStep(timeEnd, layout.narrow ? 4 : 8);
  svg.setAttribute('viewBox', `0 0 ${width} 24`);
  svg.replaceChildren(
    makeSvg('path', {class: 'axis', d: `M${layout.x(0)} .5H${layout.x(timeEnd)}`}),
  );
  for (let i = 0; i * step <= timeEnd; ++i) {
    const text = `${Number((i * step).toPrecision(6))}${i === 0 ? ' s' : ''}`;
    svg.append(
      makeSvg('path', {class: 'axis', d: `M${layout.x(i * step)} 0v5`}),
      makeSvg('text', {class: 'tick', x: layout.x(i * step), y: 18, 'text-anchor': 'middle', text}),
    );
  }
}

// The names of the two times, one below the other, so that they never overlap.
function drawTimeNames(svg, width) {
  const layout = layoutFor(width);
  svg.setAttribute('viewBox', `0 0 ${width} 36`);
  const name = (time, text, y, type) => {
    const x = layout.x(time);
    const toTheLeft = x > width * 0.55;
    return [
      makeSvg('path', {class: type, d: `M${x} ${y - 9}V36`}),
      makeSvg('text', {
        class: `time-name ${type}-name`,
        x: x + (toTheLeft ? -6 : 6),
        y,
        'text-anchor': toTheLeft ? 'end' : 'start',
        text,
      }),
    ];
  };
  svg.replaceChildren(
    ...name(comparison.sum, `the sum of all: ${seconds(comparison.sum)}`, 12, 'at-sum'),
    ...name(
      comparison.slowest,
      `the slowest poem: ${seconds(comparison.slowest)}`,
      28,
      'at-slowest',
    ),
  );
}

// With many poems the sum is much longer than the slowest poem. The timeline of a client that waits
// for all poems at once is then only a few pixels wide, unless the axis ends earlier.
function showZoom() {
  const start = 1.3 * comparison.slowest;
  if (start <= 0 || start > wholeTime / 4) return;
  const zoom = make('input', {type: 'checkbox', id: 'zoom'});
  zoom.addEventListener('change', () => {
    timeEnd = zoom.checked ? start : wholeTime;
    redrawTimelines();
  });
  document
    .getElementById('legend')
    .after(
      make('label', {class: 'zoom screen-only'}, zoom, ` Show only the first ${seconds(start)}`),
    );
}
