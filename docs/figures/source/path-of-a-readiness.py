from drawing import Figure

figure = Figure(
    "path-of-a-readiness",
    "From bytes in the kernel to dataReceived",
    """Seven steps, each in the kernel, in the library or in your code. 1: bytes arrive, and the
    kernel stores them in the socket. 2: epoll_wait returns the descriptor of the socket. 3:
    IDemultiplexer::wait returns it as ready. 4: Reactor::dispatch finds the object that is
    registered for this descriptor. 5: its doRead is called; the object is a TcpConnection. While
    doRead runs, 6: it calls recv, which copies the bytes out of the kernel, and 7: it passes them
    to dataReceived of the protocol, which is your code.""",
    398,
)

LANES = {"ours": 30, "library": 90, "kernel": 150}
STEPS = (
    ("kernel", "bytes arrive at the socket"),
    ("kernel", "`epoll_wait` returns its descriptor"),
    ("library", "`IDemultiplexer::wait` returns it as ready"),
    ("library", "`Reactor::dispatch` finds the object"),
    ("library", "`TcpConnection::doRead` is called"),
    ("kernel", "`recv` copies the bytes"),
    ("ours", "`PoetryProtocol::dataReceived` gets them"),
)

LEFT, STEP, WIDE, HALF = 116, 62, 44, 18
for words, y in (("your code", 30), ("the library", 90), ("the kernel", 150)):
    figure.text(8, y + 5, words)
for index, (owner, words) in enumerate(STEPS):
    x, y = LEFT + index * STEP, LANES[owner]
    wide = WIDE + 2 * STEP if index == 4 else WIDE  # doRead lasts until the end
    figure.box(x, y - HALF, wide, 2 * HALF, owner, [str(index + 1)])
    figure.text(8, 240 + 24 * index, f"{index + 1}  {words}")

for step in (0, 2, 3):
    y = LANES[STEPS[step][0]]
    figure.arrow([(LEFT + step * STEP + WIDE, y), (LEFT + (step + 1) * STEP, y)])
turn = LEFT + STEP + WIDE + 6
figure.arrow([(turn - 6, 150), (turn, 150), (turn, 90), (turn + 12, 90)])
recv, received = LEFT + 5 * STEP, LEFT + 6 * STEP
figure.arrow([(recv + 12, 90 + HALF), (recv + 12, 150 - HALF)])
figure.arrow([(recv + 32, 150 - HALF), (recv + 32, 90 + HALF)])
figure.arrow([(received + 22, 90 - HALF), (received + 22, 30 + HALF)])
figure.time(196)
