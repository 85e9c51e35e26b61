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
  if (reportsWholePoems) return 'Reports each poem only when it is complete.';
  const chunks = got.flatMap((task) => task.chunks.map(([at]) => ({at, task})));
  chunks.sort((a, b) => a.at - b.at);
  const switches = chunks.filter(({task}, i) => i > 0 && task !== chunks[i - 1].task).length;
  return `Switches to another poem ${count(switches, 'time')}.`;
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
