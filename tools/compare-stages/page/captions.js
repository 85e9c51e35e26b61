'use strict';
// The caption beside a client's timeline: its name, its time and how it read its poems. It says
// only what the recording shows.

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
  if (reportsWholePoems) return `Reports each poem only when it is complete. ${kCannotTell}`;
  const firstToLast = got.map(({chunks}) => [chunks[0][0], chunks.at(-1)[0]]);
  firstToLast.sort(([a], [b]) => a - b);
  const [first, last] = [firstToLast[0][0], Math.max(...firstToLast.map(([, at]) => at))];
  if (last - first < comparison.slowest / 20)
    return `Reports everything at once: its output may be buffered. ${kCannotTell}`;
  return firstToLast.every(([at], i) => i === 0 || at >= firstToLast[i - 1][1])
    ? `Reports all bytes of one poem before the first bytes of the next. ${kCannotTell}`
    : 'Reports a few bytes of one poem, then a few of another.';
}

// What a client prints does not show what it reads and when, unless it reports each chunk at once.
const kCannotTell = 'This page can’t tell whether it reads one server at a time; --check can.';

function makeCaption(client) {
  const caption = make(
    'div',
    {class: 'caption'},
    make('h3', {text: client.name}),
    make(
      'p',
      {class: 'verdict'},
      make('strong', {text: seconds(client.elapsed)}),
      client.closeTo === null ? '' : ` is close to ${client.closeToInWords}`,
    ),
    make('p', {class: 'observation', text: observe(client)}),
  );
  if (client.problems.length > 0) {
    caption.append(
      make(
        'ul',
        {class: client.succeeded ? 'notes' : 'problems'},
        ...client.problems.map((text) => make('li', {text})),
      ),
    );
  }
  return caption;
}
