'use strict';
// The page of --check: a table of the verdicts, then what each client did.

const {verdicts, skipped} = comparison;

function verdictInWords({judgement, succeeded, shouldBe, isAsItShouldBe}) {
  const sign = isAsItShouldBe ? '✓' : judgement === 'cannot be judged' ? '?' : '✗';
  const more = !succeeded ? ', and it failed' : shouldBe ? '' : ', as its lesson shows';
  return `${sign} ${judgement}${more}`;
}

const paragraphs = (texts, type) =>
  texts.filter(Boolean).map((text) => make('p', {class: type, text}));

const reasons = ({why, advice}) => [...paragraphs([why]), ...paragraphs([advice], 'advice')];

// Why a client failed: how it ended, and the last line that it wrote to standard error.
const failureOf = (verdict) =>
  verdict.succeeded
    ? ''
    : [problemsOf(verdict)[0], messagesOf(verdict.run).at(-1)].filter(Boolean).join(': ');

function showSummary() {
  const passed = verdicts.filter(({isAsItShouldBe}) => isAsItShouldBe).length;
  const counts = ['asynchronous', 'not asynchronous', 'cannot be judged'].map(
    (each) => `${verdicts.filter(({judgement}) => judgement === each).length} ${each}`,
  );
  document.getElementById('summary').textContent =
    `${passed} of ${count(verdicts.length, 'client')} passed. ${counts.join(', ')}.`;
  if (skipped.length > 0)
    document.getElementById('skipped').textContent = `Left out: ${skipped.join(', ')}.`;
  const date = new Date(comparison.started);
  document.getElementById('started').textContent =
    `Recorded on ${date.toLocaleString('en', {dateStyle: 'long', timeStyle: 'short'})}.`;
}

function tableRow(verdict, index) {
  const passed = verdict.isAsItShouldBe;
  return make(
    'tr',
    {},
    make(
      'th',
      {scope: 'row'},
      make('a', {href: `#client-${index + 1}`, text: verdict.client}),
    ),
    make('td', {class: passed ? 'good' : 'bad', text: verdictInWords(verdict)}),
    make(
      'td',
      {},
      ...(passed
        ? paragraphs([verdict.shouldBe && verdict.advice], 'advice')
        : [...paragraphs([failureOf(verdict)], 'bad'), ...reasons(verdict)]),
    ),
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

const linesUnder = (title, lines) =>
  lines.length === 0
    ? []
    : [...paragraphs([`${title}:`], 'note'), make('pre', {class: 'lines', text: lines.join('\n')})];

function describe(verdict, index) {
  const {client, run} = verdict;
  const ran = run.command.length > 0;
  const command = `$ ${run.command.join(' ')}`;
  const printed = run.lines
    .filter(({stream}) => stream === 'output')
    .map(({at, text}) => `${exactly(at)}  ${text}`);
  return make(
    'div',
    {class: 'each', id: `client-${index + 1}`},
    make('h3', {text: `${client}: ${verdictInWords(verdict)}`}),
    ...reasons(verdict),
    ...paragraphs(problemsOf(verdict), 'bad'),
    ...paragraphs(ran ? [endInWords(run)] : [], 'note'),
    ...linesUnder('Its command, and its lines with the time of each', ran ? [command, ...printed] : []),
    ...linesUnder('Its last lines on standard error', messagesOf(run)),
  );
}

showSummary();
document
  .getElementById('verdicts')
  .append(
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        ...['Client', 'Verdict', 'Why, and what to change'].map((text) =>
          make('th', {scope: 'col', text}),
        ),
      ),
    ),
    make('tbody', {}, ...verdicts.map(tableRow)),
  );
document.getElementById('each').append(...verdicts.map(describe));
showLooks(() => {});
