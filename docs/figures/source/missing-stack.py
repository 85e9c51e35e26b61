from drawing import Figure

figure = Figure(
    "missing-stack",
    "The caller that is not on the stack",
    """Two call stacks, main at the top. When the program asks, main has called run, run has called
    askForPoem, and askForPoem calls getPoem. In the callback, main has called run, run has called
    Reactor::run, and below it are TcpClient::fail, PoemFactory::finish and poemFailed. askForPoem has
    returned and is not on this stack. An exception of poemFailed ends in the loop.""",
    316,
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
        ("ours", "getPoem"),
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
        ("ours", "PoemFactory::finish"),
        ("ours", "poemFailed"),
    ),
)
figure.arrow([(416, 249), (434, 249), (434, 135), (416, 135)], "thick")
figure.box(446, 40, 108, 38, "gone", ["`askForPoem`"])
figure.text(500, 98, "has returned", "middle")

figure.legend(300, ["ours", "library", ("thick", "an exception")])
