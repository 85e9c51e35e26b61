// Comparisons written by hand, for cases that a real run rarely shows or needs a long time for.

const base64 = (text) => Buffer.from(text).toString('base64');

export function server(task, text, more = {}) {
  return {
    task,
    poem: `poetry/poem-${task}.txt`,
    bytes: Buffer.byteLength(text),
    numBytes: 10,
    delay: 0.01,
    needs: 0.01 * Math.ceil(Buffer.byteLength(text) / 10),
    address: `127.0.0.1:${40000 + task}`,
    text: base64(text),
    ...more,
  };
}

// A task that reports a chunk of `size` bytes every `apart` seconds.
export function task(number, bytes, size, apart, more = {}) {
  const chunks = [];
  for (let got = 0; got < bytes; got += size) {
    chunks.push([Number((apart * (chunks.length + 1)).toFixed(6)), Math.min(size, bytes - got)]);
  }
  return {
    task: number,
    asked: null,
    chunks,
    end: chunks.at(-1)?.[0] ?? 0,
    outcome: 'complete',
    bytes,
    same: true,
    difference: null,
    ...more,
  };
}

export function client(name, tasks, more = {}) {
  const chunks = tasks.flatMap((one) => one.chunks);
  const elapsed = Math.max(0.01, ...tasks.map((one) => one.end ?? 0));
  return {
    name,
    command: [name],
    model: 'unknown',
    ending: {exitCode: 0},
    succeeded: true,
    problems: [],
    remarks: [],
    messages: [],
    elapsed,
    reported: elapsed,
    closeTo: 'slowest',
    closeToInWords: 'the slowest poem',
    wakeUps: 12,
    userSeconds: 0.001,
    systemSeconds: 0.002,
    peakMemory: 4200000,
    chunks: chunks.length,
    averageChunk: chunks.length
      ? chunks.reduce((sum, [, size]) => sum + size, 0) / chunks.length
      : 0,
    finished: tasks.map((one) => one.task),
    tasks,
    lines: [],
    linesNotKept: 0,
    strangeLines: 0,
    messageCount: 0,
    loop: null,
    ...more,
  };
}

export function comparisonOf(servers, stages) {
  return {
    schema: 1,
    started: '2026-01-02T03:04:05Z',
    slowest: Math.max(...servers.map((one) => one.needs)),
    sum: servers.reduce((sum, one) => sum + one.needs, 0),
    servers,
    stages,
    verdicts: [],
  };
}

// Every string in this comparison runs a script if a page inserts it as HTML.
export function evil() {
  const harm =
    '</script><script>window.harmed = true</script><img src=x onerror="window.harmed=true"><!--';
  const servers = [
    server(1, `${harm}\n`, {poem: `poetry/${harm.replaceAll('/', '|')}.txt`, address: harm}),
  ];
  const steps = [
    {
      at: 0.01,
      kind: 'wait',
      task: null,
      stack: ['main', harm],
      readers: 1,
      writers: 0,
      timers: 0,
      text: harm,
    },
    {at: 0.02, kind: 'wake', task: 1, stack: ['main', harm, harm], text: harm},
    {at: 0.02, kind: 'print', task: 1, stack: ['main', harm, harm], text: harm},
  ];
  const tasks = [
    task(1, servers[0].bytes, 10, 0.01, {same: false, difference: harm, outcome: 'lost'}),
  ];
  return comparisonOf(servers, [
    client(harm, tasks, {
      closeToInWords: harm,
      problems: [harm],
      remarks: [harm],
      messages: [harm],
      succeeded: false,
      ending: {signal: 11, name: harm},
      lines: [{at: 0.01, stream: 'output', text: harm}],
      loop: {traced: true, elapsed: 0.3, linesNotKept: 0, tasks, steps},
    }),
  ]);
}

// 200 tasks, and a poem of 10 MiB in small chunks.
export function large() {
  const text = 'All these poems, and so little time.\n'.repeat(100);
  const servers = Array.from({length: 200}, (_, i) => server(i + 1, text));
  servers[0] = {...servers[0], bytes: 10 * 1024 * 1024};
  const tasks = servers.map((one) =>
    one.task === 1
      ? task(1, one.bytes, 512, 0.0001)
      : task(one.task, one.bytes, 37, 0.01 + one.task / 1e5),
  );
  const steps = tasks
    .flatMap((one) =>
      one.chunks.slice(0, 100).flatMap(([at]) => [
        {
          at,
          kind: 'wake',
          task: one.task,
          stack: ['main', 'getPoetry', 'Reactor::run', 'PoetrySocket::doRead'],
          text: 'readable',
        },
        {
          at,
          kind: 'return',
          task: null,
          stack: ['main', 'getPoetry', 'Reactor::run'],
          text: 'back',
        },
      ]),
    )
    .sort((a, b) => a.at - b.at);
  const made = (name) =>
    client(name, tasks, {model: 'reactor', loop: {traced: true, elapsed: 5, tasks, steps}});
  return comparisonOf(servers, [made('one'), made('two')]);
}

// Failures: no bytes arrive, some arrive, a signal, a hang, wrong bytes.
export function failures() {
  const text = 'A poem that few clients can get\n';
  const servers = [server(1, text), server(2, text)];
  const nothing = (number, outcome) => task(number, 0, 10, 0.01, {end: null, outcome, same: null});
  return comparisonOf(servers, [
    client(
      'dies',
      [
        task(1, 20, 10, 0.01, {end: null, outcome: 'unfinished', same: null}),
        nothing(2, 'unfinished'),
      ],
      {
        ending: {signal: 11, name: 'Segmentation fault'},
        succeeded: false,
        problems: ['ended by signal 11 (Segmentation fault)'],
        finished: [],
        closeTo: null,
        closeToInWords: null,
      },
    ),
    client('hangs', [nothing(1, 'unfinished'), nothing(2, 'failed')], {
      ending: {hung: true},
      succeeded: false,
      problems: ['made no progress and was killed'],
      finished: [],
      elapsed: 9,
      reported: null,
      closeTo: null,
      closeToInWords: null,
    }),
    client(
      'differs',
      [
        task(1, 32, 32, 0.1),
        task(2, 32, 32, 0.2, {same: false, difference: "byte 12 is 'x' instead of 'f'"}),
      ],
      {
        problems: [
          "Task 2: the saved poem differs from poetry/poem-2.txt: byte 12 is 'x' instead of 'f'",
        ],
        succeeded: false,
        closeTo: null,
        closeToInWords: null,
      },
    ),
  ]);
}

// A character of four bytes that arrives byte by byte.
export function splitCharacter() {
  const text = 'a🎵b\n';
  const servers = [server(1, text)];
  return comparisonOf(servers, [client('bytewise', [task(1, Buffer.byteLength(text), 1, 0.1)])]);
}

const step = (at, kind, task, stack, text, more = {}) => ({at, kind, task, stack, text, ...more});
const sleep = (at, text) =>
  step(at, 'wait', null, ['main', 'Reactor::run'], text, {readers: 1, writers: 0, timers: 0});

// A trace of which only the first steps were kept. The client ran more than four times as long.
export function truncated() {
  const servers = [server(1, 'A poem with a long recording.\n')];
  const tasks = [task(1, servers[0].bytes, 1, 0.1, {end: 8.9})];
  const reads = ['main', 'Reactor::run', 'TcpConnection::doRead', 'PoetryProtocol::dataReceived'];
  const steps = [
    sleep(0.5, 'waiting'),
    step(2, 'wake', 1, ['main', 'Reactor::run'], 'readable'),
    step(2, 'call', 1, reads, 'doRead -> dataReceived'),
  ];
  const loop = {traced: true, elapsed: 9, linesNotKept: 12, tasks, steps};
  return comparisonOf(servers, [client('talker', tasks, {model: 'reactor', elapsed: 9, loop})]);
}

// A client whose two poems end with steps of the same time, and a client that asks for one poem at a
// time.
export function burst(tasksInAll = 2) {
  const servers = Array.from({length: tasksInAll}, (_, i) => server(i + 1, 'A poem.\n'));
  const ended = servers.map((one) => task(one.task, one.bytes, one.bytes, 1));
  const calls = (number) => ['main', 'Reactor::run', `Poetry${number}`];
  const steps = [
    sleep(0.1, 'waiting'),
    ...ended.map((one) => step(1, 'print', one.task, calls(one.task), `Task ${one.task} finished`)),
    step(1, 'return', null, ['main'], 'stops'),
    ...ended.map((one) =>
      step(1, 'print', one.task, ['main'], `Task ${one.task}: 8 bytes of poetry`),
    ),
  ];
  const inTurn = servers.map((one) =>
    task(one.task, one.bytes, one.bytes, one.task, {asked: one.task - 0.9}),
  );
  const sleeps = inTurn.flatMap((one) => [
    step(one.asked, 'print', one.task, ['main', 'getPoem'], `Task ${one.task}: get poetry from`),
    step(one.asked, 'wait', one.task, ['main', 'getPoem', 'recv'], 'waits', {readers: 1}),
    step(one.end, 'return', one.task, ['main', 'getPoem'], ''),
    step(
      one.end,
      'print',
      one.task,
      ['main', 'getPoem'],
      `Task ${one.task}: got 8 bytes of poetry from 127.0.0.1:1 in 0:00:00.900000`,
    ),
  ]);
  const loopOf = (tasks, all) => ({traced: false, elapsed: tasksInAll, tasks, steps: all});
  return comparisonOf(servers, [
    client('bursts', ended, {model: 'reactor', loop: loopOf(ended, steps)}),
    client('in-turn', inTurn, {model: 'blocking', loop: loopOf(inTurn, sleeps)}),
  ]);
}

// A client whose trace does not say which of its two connections is made or ends first.
export function nameless() {
  const servers = [server(1, 'A poem.\n'), server(2, 'A poem.\n')];
  const tasks = servers.map((one) => task(one.task, one.bytes, one.bytes, 0.2));
  const loop = ['main', 'Reactor::run'];
  const attempt = (at) => [
    step(at, 'call', null, [...loop, 'TcpClient::doWrite'], 'writable'),
    step(at, 'return', null, loop, ''),
  ];
  const wait = (at, writers) =>
    step(at, 'wait', null, loop, 'waiting', {readers: 2, writers, timers: writers});
  const got = (number) =>
    step(0.2, 'print', number, [...loop, 'X'], `Task ${number}: got 8 bytes of poetry from x`);
  const lost = (at) => step(at, 'lost', null, [...loop, 'PoetryProtocol::connectionLost'], 'lost');
  const steps = [
    ...[wait(0, 2), ...attempt(0.1), ...attempt(0.1), wait(0.1, 0)],
    ...[got(1), got(2), lost(0.3), wait(0.3, 0), lost(0.4)],
  ];
  return comparisonOf(servers, [
    client('nameless', tasks, {model: 'reactor', loop: {traced: true, elapsed: 1, tasks, steps}}),
  ]);
}

// Four clients that report the same two poems in different ways.
export function manners() {
  const servers = [server(1, 'A poem.\n'.repeat(9)), server(2, 'A poem.\n'.repeat(9))];
  const made = (name, ...tasks) => client(name, tasks, {model: 'unknown', elapsed: 1});
  return comparisonOf(servers, [
    made('mixed', task(1, 72, 8, 0.1), task(2, 72, 8, 0.11)),
    made('whole', task(1, 72, 72, 0.5), task(2, 72, 72, 0.9)),
    made('serial', task(1, 72, 8, 0.05), {
      ...task(2, 72, 8, 0.05),
      chunks: task(2, 72, 8, 0.05).chunks.map(([at, size]) => [at + 0.5, size]),
    }),
    made('buffered', task(1, 72, 8, 0.0001), task(2, 72, 8, 0.0001)),
  ]);
}

// Four clients that differ in what is known about when they ask. The first asks for all poems at once,
// by its model. The second prints when it asks, and never asks for the second poem. The models of the
// other two are unknown; the last prints when it asks for the first poem.
export function silent() {
  const servers = [server(1, 'A poem.\n'), server(2, 'Another.\n')];
  const got = (first) => task(1, 8, 4, 0.04, {asked: first});
  const nothing = task(2, 0, 1, 1, {end: null, outcome: 'unfinished', same: null});
  const made = (name, model, first) => client(name, [got(first), nothing], {model, elapsed: 0.1});
  return comparisonOf(servers, [
    made('select', 'select', null),
    made('blocking', 'blocking', 0.01),
    made('unknown', 'unknown', null),
    made('prints', 'unknown', 0.02),
  ]);
}

// Too many tasks for rows with marks.
export function crowd(number) {
  const text = 'One of many, all alike.\n'.repeat(4);
  const servers = Array.from({length: number}, (_, i) => server(i + 1, text));
  const tasks = servers.map((one) => task(one.task, one.bytes, 10, 0.1 + one.task / 1e3));
  return comparisonOf(servers, [
    client('one', tasks, {model: 'reactor'}),
    client('two', tasks, {model: 'reactor'}),
  ]);
}
