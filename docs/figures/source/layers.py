from drawing import Figure

figure = Figure(
    "layers",
    "The layers of lesson 5",
    """getPoetry owns the Reactor and the factory of each task, a PoetryClientFactory. connectTCP of
    the Reactor makes a TcpClient, and the Reactor owns it. A TcpClient is a TcpConnection: to the
    Reactor it is a descriptor with doRead, to the protocol it is a transport with write. It is also
    the connector that connectTCP returns. It owns a socket in the kernel and a PoetryProtocol,
    which buildProtocol of the factory has made. The protocol refers to it with the pointer transport.
    The Reactor waits through libevent, its demultiplexer.""",
    462,
)

OWNS, MAKES = "thick", "dashed"

figure.box(146, 8, 184, 40, "ours", ["`getPoetry`"])
figure.arrow([(146, 28), (60, 28), (60, 204)], OWNS)
figure.arrow([(330, 28), (462, 28), (462, 96)], OWNS)

figure.box(146, 96, 184, 62, "ours", ["`PoetryProtocol`", "`dataReceived`"])
figure.box(372, 96, 180, 62, "ours", ["`PoetryClientFactory`", "`buildProtocol`"])
figure.arrow([(372, 138), (330, 138)], MAKES)

figure.box(8, 204, 104, 138, "library", ["`Reactor`", "", "", "`connectTCP`"])
figure.box(8, 382, 104, 34, "library", ["libevent"])
figure.arrow([(60, 342), (60, 382)], OWNS)
figure.box(146, 204, 184, 138, "library")
figure.text(238, 226, "transport: `write`", "middle")
figure.line([(146, 238), (330, 238)])
figure.text(238, 267, "`TcpClient`", "middle")
figure.text(238, 290, "also the connector", "middle")
figure.line([(146, 308), (330, 308)])
figure.text(238, 330, "descriptor object", "middle")
figure.arrow([(112, 242), (146, 242)], OWNS)
figure.arrow([(112, 304), (146, 304)], MAKES)
figure.arrow([(212, 204), (212, 158)], OWNS)
figure.arrow([(270, 158), (270, 204)])
figure.text(278, 186, "`transport`")

figure.box(146, 382, 184, 34, "kernel", ["socket"])
figure.arrow([(238, 342), (238, 382)], OWNS)

figure.legend(444, ["ours", "library", "kernel"])
figure.arrow([(388, 225), (418, 225)], OWNS)
figure.text(428, 230, "owns")
figure.arrow([(388, 255), (418, 255)], MAKES)
figure.text(428, 260, "makes")
