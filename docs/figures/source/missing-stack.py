from drawing import Figure

figure = Figure(
    "missing-stack",
    "The caller that is not on the stack",
    """Two call stacks, main at the bottom. In a blocking program, the code that asked for the poem
    is on the stack, below getPoem and receive. An exception reaches it. In a program of callbacks,
    below the callback there are dataReceived, doRead and Reactor::run. The code that asked has
    returned and is not on the stack. An exception reaches the loop instead.""",
    300,
)

HIGH = 38


def stack(x, width, calls):
    """Boxes on each other, the first call at the bottom."""
    for index, (owner, name) in enumerate(calls):
        figure.box(x, 206 - index * HIGH, width, HIGH, owner, [name], radius=0)


figure.text(8, 20, "Blocking", bold=True)
stack(
    8,
    160,
    (
        ("ours", "`main`"),
        ("ours", "code that asked"),
        ("ours", "`getPoem`"),
        ("library", "`receive`"),
    ),
)
figure.arrow([(168, 111), (186, 111), (186, 187), (168, 187)], "thick")

figure.text(216, 20, "With callbacks", bold=True)
stack(
    216,
    200,
    (
        ("ours", "`main`"),
        ("library", "`Reactor::run`"),
        ("library", "`TcpConnection::doRead`"),
        ("ours", "`dataReceived`"),
        ("ours", "callback"),
    ),
)
figure.arrow([(416, 73), (434, 73), (434, 187), (416, 187)], "thick")
figure.box(452, 180, 100, 64, "gone", ["code that", "asked"])
figure.text(502, 264, "has returned", "middle")

figure.legend(284, ["ours", "library", ("thick", "an exception")])
