'use strict';
// The page of --check: a table of the verdicts, then what each client did.

const {verdicts, skipped} = comparison;

const kSigns = {asynchronous: '✓', 'not asynchronous': '✗', 'cannot be judged': '?'};

const verdictInWords = ({judgement, succeeded}) =>
  `${kSigns[judgement]} ${judgement}${succeeded ? '' : ', failed'}`;

const paragraph = (text, type) => (text ? [make('p', {class: type, text})] : []);

function showSummary() {
  const passed = verdicts.filter((verdict) => verdict.isAsItShouldBe).length;
  const counts = Object.keys(kSigns).map(
    (judgement) =>
      `${judgement}: ${verdicts.filter((verdict) => verdict.judgement === judgement).length}`,
  );
  document.getElementById('summary').textContent =
    `${passed} of ${count(verdicts.length, 'client')} passed. ${capital(counts.join(', '))}.`;
  if (skipped.length > 0)
    document.getElementById('skipped').textContent = `Not a client: ${skipped.join(', ')}.`;
  const date = new Date(comparison.started);
  document.getElementById('started').textContent =
    `Recorded on ${date.toLocaleString('en', {dateStyle: 'long', timeStyle: 'short'})}.`;
}

function tableRow(verdict, index) {
  const {client, isAsItShouldBe, why, advice} = verdict;
  return make(
    'tr',
    {},
    make('th', {scope: 'row'}, make('a', {href: `#client-${index + 1}`, text: client})),
    make('td', {class: isAsItShouldBe ? 'good' : 'bad', text: verdictInWords(verdict)}),
    make('td', {text: why}),
    make('td', {text: advice}),
  );
}

function endInWords({ending, elapsed}) {
  const end = ending.hung
    ? 'It was killed'
    : ending.signal
      ? `Signal ${ending.signal} (${ending.name}) ended it`
      : `It ended with exit code ${ending.exitCode}`;
  return `${end} after ${seconds(elapsed)}.`;
}

function describe(verdict, index) {
  const {client, why, advice, problems, run} = verdict;
  const lines = run.lines.map(({at, stream, text}) =>
    `${exactly(at)}  ${stream === 'errors' ? '! ' : '  '}${text}`);
  return make(
    'div',
    {class: 'each', id: `client-${index + 1}`},
    make('h3', {text: `${client}: ${verdictInWords(verdict)}`}),
    ...paragraph(why),
    ...paragraph(advice, 'advice'),
    ...problems.flatMap((problem) => paragraph(problem, 'bad problem')),
    ...(run.command.length === 0
      ? []
      : [
          ...paragraph(endInWords(run), 'note'),
          make('pre', {text: [`$ ${run.command.join(' ')}`, ...lines].join('\n')}),
        ]),
  );
}

showSummary();
document.getElementById('verdicts').append(
  make('thead', {}, make('tr', {}, ...['Client', 'Verdict', 'What the check saw', 'What to change']
    .map((text) => make('th', {scope: 'col', text})))),
  make('tbody', {}, ...verdicts.map(tableRow)),
);
document.getElementById('each').append(...verdicts.map(describe));
