'use strict';
// The words at a client's timeline. The caption has its name, its time, how it read its poems, and what
// compare-stages says about it. Below the timeline is the end of what it wrote to standard error.

// In which order the client read its poems, as far as its reports show that.
function observe(client) {
  const got = client.tasks.filter((task) => task.chunks.length > 0);
  if (got.length < 2) return '';
  const asksInTurn = got
    .slice(1)
    .every((task, i) => task.asked !== null && got[i].end !== null && task.asked >= got[i].end);
  if (asksInTurn) return 'Asks for each poem only after the one before is complete.';
  const reportsWholePoems = got.every((task) => {
    const server = comparison.servers[task.task - 1];
    return task.chunks.length === 1 && task.bytes > server.numBytes;
  });
  if (reportsWholePoems) return 'Reports each poem only when it is complete.';
  const firstToLast = got.map(({chunks}) => [chunks[0][0], chunks.at(-1)[0]]);
  firstToLast.sort(([a], [b]) => a - b);
  const [first, last] = [firstToLast[0][0], Math.max(...firstToLast.map(([, at]) => at))];
  if (last - first < comparison.slowest / 20)
    return 'Reports everything at once: its output may be buffered.';
  return firstToLast.every(([at], i) => i === 0 || at >= firstToLast[i - 1][1])
    ? 'Reports all bytes of one poem before the first bytes of the next.'
    : 'Reports a few bytes of one poem, then a few of another.';
}

// A command is not broken into two lines.
const withCode = (text) =>
  text
    .split(/(\.\/lesson compare --check)/)
    .map((part, i) => (i % 2 === 1 ? make('code', {text: part}) : part));

function makeCaption(client) {
  const problems = problemsOf(client);
  return make(
    'div',
    {class: 'caption'},
    make('h3', {text: client.name}),
    make(
      'p',
      {class: 'verdict'},
      make('strong', {text: seconds(client.elapsed)}),
      client.closeTo === null ? '' : ` is close to ${client.closeToInWords}`,
    ),
    make(
      'p',
      {class: 'observation'},
      observe(client),
      ...client.remarks.map((text) => make('span', {class: 'remark'}, ' ', ...withCode(text))),
    ),
    ...(problems.length === 0
      ? []
      : [
          make(
            'ul',
            {class: client.succeeded ? 'notes' : 'problems'},
            ...problems.map((text) => make('li', {text})),
          ),
        ]),
  );
}

const kLastLines = 8;

// A client's last lines on standard error: the reason why it failed is often the very last one.
function makeLastLines(client) {
  const lines = messagesOf(client).slice(-kLastLines);
  if (lines.length === 0) return '';
  return make(
    'div',
    {class: 'last-lines'},
    make('p', {class: 'note', text: 'Its last lines on standard error:'}),
    make('pre', {class: 'lines', text: lines.join('\n')}),
  );
}
