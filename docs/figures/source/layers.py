from drawing import Figure

figure = Figure(
    "layers",
    "The layers of lesson 5",
    """getPoetry owns the Reactor and the factory of each task, a PoetryClientFactory. connectTCP of
    the Reactor makes a TcpClient, and the Reactor owns it. A TcpClient is a TcpConnection: to the
    Reactor it is a descriptor object with doRead, to the protocol it is a transport with write. It
    is also the connector that connectTCP returns. It owns a socket in the kernel and a
    PoetryProtocol, which buildProtocol of the factory has made. run of the Reactor calls doRead of
    the TcpClient, and the TcpClient calls dataReceived of the protocol. The protocol refers to the
    TcpClient with the pointer transport. The Reactor waits through libevent, its demultiplexer.""",
    496,
)

OWNS, MAKES, CALLS, REFERS = "thick", "dashed", "line", "gone"

figure.box(146, 8, 184, 40, "ours", ["`getPoetry`"])
figure.arrow([(146, 28), (60, 28), (60, 204)], OWNS)
figure.arrow([(330, 28), (462, 28), (462, 96)], OWNS)

figure.box(146, 96, 184, 62, "ours", ["`PoetryProtocol`", "`dataReceived`"])
figure.box(372, 96, 180, 62, "ours", ["`PoetryClientFactory`", "`buildProtocol`"])
figure.arrow([(372, 138), (330, 138)], MAKES)

figure.box(8, 204, 104, 172, "library")
figure.text(60, 230, "`Reactor`", "middle")
figure.text(60, 289, "`connectTCP`", "middle")
figure.text(60, 354, "`run`", "middle")
figure.box(8, 416, 104, 34, "library", ["libevent"])
figure.arrow([(60, 376), (60, 416)], OWNS)
figure.box(146, 204, 184, 172, "library")
figure.text(238, 226, "transport: `write`", "middle")
figure.line([(146, 236), (330, 236)])
figure.lines(238, 279, ["`TcpClient`,", "a `TcpConnection`,", "also the connector"], "middle")
figure.line([(146, 322), (330, 322)])
figure.lines(238, 349, ["descriptor object:", "`doRead`"], "middle")
figure.arrow([(112, 254), (146, 254)], OWNS)
figure.arrow([(112, 284), (146, 284)], MAKES)
figure.arrow([(112, 349), (146, 349)], CALLS)
figure.arrow([(176, 204), (176, 158)], OWNS)
figure.arrow([(222, 204), (222, 158)], CALLS)
figure.arrow([(270, 158), (270, 204)], REFERS)
figure.text(278, 186, "`transport`")

figure.box(146, 416, 184, 34, "kernel", ["socket"])
figure.arrow([(238, 376), (238, 416)], OWNS)

figure.legend(478, ["ours", "library", "kernel"])
for index, (style, words) in enumerate(
    ((OWNS, "owns"), (MAKES, "makes"), (CALLS, "calls"), (REFERS, "refers to"))
):
    y = 240 + 30 * index
    figure.arrow([(388, y), (418, y)], style)
    figure.text(428, y + 5, words)
