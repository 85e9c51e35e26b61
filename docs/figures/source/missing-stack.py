from drawing import Figure

figure = Figure(
    "missing-stack",
    "The caller that is not on the stack",
    """Two call stacks, main at the top. When the program asks, main has called run, and run has called
    askForPoem. In the callback, main has called run, and run has called Reactor::run. Below it are
    TcpClient::fail, TcpClient::reportEnd, PoemFactory::finish and poemFailed. Some calls between them
    are left out. askForPoem has returned and is not on this stack. So it cannot catch an exception of
    poemFailed. TcpClient::reportEnd, which is code of the library, catches it.""",
    378,
)

HIGH = 38


def stack(x, width, calls):
    """Boxes below each other, the first call at the top."""
    for index, (owner, name) in enumerate(calls):
        figure.box(x, 40 + index * HIGH, width, HIGH, owner, [f"`{name}`"], radius=0)


figure.text(8, 20, "The program asks", bold=True)
stack(
    8,
    140,
    (
        ("ours", "main"),
        ("ours", "run"),
        ("ours", "askForPoem"),
    ),
)

figure.text(216, 20, "Later: the callback", bold=True)
stack(
    216,
    200,
    (
        ("ours", "main"),
        ("ours", "run"),
        ("library", "Reactor::run"),
        ("library", "TcpClient::fail"),
        ("library", "TcpClient::reportEnd"),
        ("ours", "PoemFactory::finish"),
        ("ours", "poemFailed"),
    ),
)
figure.arrow([(416, 287), (434, 287), (434, 211), (416, 211)], "thick")
figure.text(444, 216, "is caught")
figure.text(216, 330, "(some calls left out)")
figure.box(446, 40, 108, 38, "gone", ["`askForPoem`"])
figure.text(500, 98, "has returned", "middle")

figure.legend(362, ["ours", "library", ("thick", "an exception")])
