from drawing import CODE_ADVANCE, Figure

figure = Figure(
    "who-calls-whom",
    "Who calls whom, before and after lesson 4",
    """Before, in lesson 3, everything except select is your code: getPoetry calls waitForPoetry, which calls
    select, and then getPoetry calls doRead. After, in lesson 4, getPoetry calls Reactor::run once.
    The loop is in the library: Reactor::run waits in the kernel, and calls PoetrySocket::doRead and
    PoetrySocket::connectionLost, which are your code.""",
    316,
)


def call(x, y, owner, name):
    """A function; (x, y) is the middle of its left side."""
    width = len(name) * CODE_ADVANCE + 14
    figure.box(x, y - 16, width, 32, owner, [f"`{name}`"])


def calls(x, y, to, *rows):
    """Arrows from a function at (x, y) down to the functions that it calls, which begin at `to`."""
    for row in rows:
        figure.arrow([(x, y + 16), (x, row), (to, row)])


figure.text(8, 20, "Lesson 3", bold=True)
calls(28, 56, 52, 112, 206)
calls(76, 112, 100, 162)
call(8, 56, "ours", "getPoetry")
call(52, 112, "ours", "waitForPoetry")
call(100, 162, "kernel", "select")
call(52, 206, "ours", "doRead")

figure.text(220, 20, "Lesson 4", bold=True)
calls(240, 56, 252, 112)
calls(272, 112, 284, 162, 206, 250)
call(284, 162, "kernel", "waits")
call(220, 56, "ours", "getPoetry")
call(252, 112, "library", "Reactor::run")
figure.text(384, 117, "has the loop")
call(284, 206, "ours", "PoetrySocket::doRead")
call(284, 250, "ours", "PoetrySocket::connectionLost")

figure.legend(294, ["ours", "library", "kernel"])
