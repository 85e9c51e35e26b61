from drawing import Figure

figure = Figure(
    "connection-life",
    "The life of a connection of connectTCP",
    """connectTCP begins an attempt and calls startedConnecting: the state is connecting. If the
    attempt succeeds, buildProtocol, makeConnection and connectionMade are called, and the state is
    connected. There dataReceived is called any number of times. The connection ends when the peer
    closes or an error occurs. It also ends after loseConnection: the state is losing until all bytes
    are sent. On both ways, connectionLost of the protocol is called, then clientConnectionLost of the
    factory, and the state is lost. If the attempt is refused or takes 30 seconds, it fails: only
    clientConnectionFailed is called, and the state is failed. Not drawn: if buildProtocol returns nullptr, there is
    no protocol, and only clientConnectionLost is called.""",
    498,
)


def state(x, y, words):
    figure.box(x, y - 22, 104, 44, "state", [words])


state(8, 212, "connecting")
state(216, 212, "connected")
state(216, 312, "losing")
state(8, 432, "failed")
state(405, 432, "lost")

figure.tag(60, 22, "library", "connectTCP")
figure.line([(60, 35), (60, 49)])
figure.arrow([(60, 75), (60, 190)])
figure.tag(90, 62, "ours", "startedConnecting")

figure.arrow([(112, 212), (216, 212)])
figure.tag(144, 110, "ours", "buildProtocol")
figure.tag(144, 140, "library", "makeConnection")  # Protocol has it: stores the transport
figure.tag(144, 170, "ours", "connectionMade")

figure.line([(250, 190), (250, 113)])
figure.arrow([(290, 113), (290, 190)])
figure.tag(288, 100, "ours", "dataReceived")

figure.line([(268, 234), (268, 244)])
figure.arrow([(268, 270), (268, 290)])
figure.tag(268, 257, "library", "loseConnection")

# Both ways into lost lead through the same two calls.
figure.line([(320, 212), (457, 212), (457, 334)])
figure.text(330, 202, "the peer closes, or an error")
figure.arrow([(320, 312), (457, 312)])
figure.text(388, 302, "all sent", "middle")
figure.tag(457, 347, "ours", "connectionLost")
figure.line([(457, 360), (457, 364)])
figure.tag(457, 377, "ours", "clientConnectionLost")
figure.arrow([(457, 390), (457, 410)])

figure.line([(60, 234), (60, 364)])
figure.text(70, 302, "refused, or 30 s")
figure.tag(112, 377, "ours", "clientConnectionFailed")
figure.arrow([(60, 390), (60, 410)])
figure.legend(482, ["ours", "library", "state"])
