from drawing import Figure

figure = Figure(
    "path-of-a-readiness",
    "From bytes in the kernel to dataReceived",
    """Seven steps, each in the kernel, in the library or in your code. 1: IDemultiplexer::wait, in
    the library, calls epoll_wait of the kernel, which blocks. 2: bytes arrive, and the kernel stores
    them in the socket. 3: epoll_wait returns the descriptor of the socket, and wait returns it as
    ready. 4: Reactor::dispatch finds the object that is registered for this descriptor. 5: its
    doRead is called. The object is a TcpClient, and TcpClient::doRead calls TcpConnection::doRead.
    While doRead runs, 6: it calls recv, which copies the bytes out of the kernel, and 7: it passes
    them to dataReceived of the protocol, which is your code.""",
    402,
)

LANES = {"ours": 30, "library": 90, "kernel": 150}
WIDE, HALF = 44, 18
STEPS = (  # what, from x, as wide as
    ("library", "`IDemultiplexer::wait` calls `epoll_wait`, which blocks", 100, 184),
    ("kernel", "bytes arrive at the socket", 158, WIDE),
    ("kernel", "`epoll_wait` returns its descriptor, and so does `wait`", 222, WIDE),
    ("library", "`Reactor::dispatch` finds the object", 302, WIDE),
    ("library", "`TcpClient::doRead` calls `TcpConnection::doRead`", 364, 168),  # until the end
    ("kernel", "`recv` copies the bytes", 426, WIDE),
    ("ours", "`PoetryProtocol::dataReceived` gets them", 488, WIDE),
)

for words, y in (("your code", 30), ("the library", 90), ("the kernel", 150)):
    figure.text(8, y + 5, words)
for index, (owner, words, x, wide) in enumerate(STEPS):
    y = LANES[owner]
    figure.box(x, y - HALF, wide, 2 * HALF, owner, [str(index + 1)])
    figure.text(8, 244 + 24 * index, f"{index + 1}  {words}")

figure.arrow([(116, 90 + HALF), (116, 150)])
figure.wait(0, 116, 158, 150)  # the kernel blocks the call until bytes arrive
figure.arrow([(202, 150), (222, 150)])
figure.arrow([(244, 150 - HALF), (244, 90 + HALF)])
figure.arrow([(284, 90), (302, 90)])
figure.arrow([(346, 90), (364, 90)])
figure.arrow([(438, 90 + HALF), (438, 150 - HALF)])
figure.arrow([(458, 150 - HALF), (458, 90 + HALF)])
figure.arrow([(510, 90 - HALF), (510, 30 + HALF)])
figure.time(198)
