from drawing import Figure

figure = Figure(
    "connection-life",
    "The life of a connection of connectTCP",
    """connectTCP begins an attempt and calls startedConnecting: the state is connecting. If the
    attempt succeeds, buildProtocol, makeConnection and connectionMade are called, and the state is
    connected. There dataReceived is called any number of times. If the other end closes or an error
    comes, the state is lost: connectionLost of the protocol is called, then clientConnectionLost of
    the factory. After loseConnection the state is losing until all bytes are sent, and then lost.
    If the attempt fails, the state is failed, and only clientConnectionFailed is called.""",
    450,
)


def state(x, y, words):
    figure.box(x, y - 22, 104, 44, "state", [words])


state(8, 212, "connecting")
state(232, 212, "connected")
state(448, 212, "lost")
state(232, 324, "losing")
state(8, 384, "failed")

figure.tag(60, 22, "library", "connectTCP")
figure.line([(60, 35), (60, 49)])
figure.arrow([(60, 75), (60, 190)])
figure.tag(90, 62, "ours", "startedConnecting")

figure.arrow([(112, 212), (232, 212)])
figure.tag(158, 110, "ours", "buildProtocol")
figure.tag(158, 140, "library", "makeConnection")  # Protocol has it: stores the transport
figure.tag(158, 170, "ours", "connectionMade")

figure.line([(262, 190), (262, 113)])
figure.arrow([(306, 113), (306, 190)])
figure.tag(300, 100, "ours", "dataReceived")

figure.arrow([(336, 212), (448, 212)])
figure.tag(452, 136, "ours", "connectionLost")
figure.tag(452, 166, "ours", "clientConnectionLost")

figure.line([(284, 234), (284, 249)])
figure.arrow([(284, 275), (284, 302)])
figure.tag(284, 262, "library", "loseConnection")
figure.arrow([(336, 324), (500, 324), (500, 234)])
figure.text(418, 314, "all sent", "middle")

figure.line([(60, 234), (60, 291)])
figure.arrow([(60, 317), (60, 362)])
figure.tag(112, 304, "ours", "clientConnectionFailed")
figure.legend(436, ["ours", "library", "state"])
