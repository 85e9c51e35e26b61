'use strict';
// What stands beside a client's timeline: its name, its time, and what can be said of it. Nothing
// is said but what the recording shows.

// How the client got its poems.
function observe(client) {
  const got = client.tasks.filter((task) => task.chunks.length > 0);
  if (got.length < 2) return '';
  const inTurn = got
    .slice(1)
    .every((task, i) => task.asked !== null && got[i].end !== null && task.asked >= got[i].end);
  if (inTurn) return 'Asks for a poem only when it has the one before.';
  const inLumps = got.every((task) => {
    const server = comparison.servers[task.task - 1];
    return task.chunks.length === 1 && task.bytes > server.numBytes;
  });
  if (inLumps) return 'Tells of each poem only when it has all of it.';
  const order = got.flatMap((task) => task.chunks.map(([at]) => ({at, task: task.task})));
  order.sort((a, b) => a.at - b.at);
  const turns = order.filter((chunk, i) => i > 0 && chunk.task !== order[i - 1].task).length;
  return `Takes what is there: ${count(turns, 'time')} the next chunk was another poem’s.`;
}

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
