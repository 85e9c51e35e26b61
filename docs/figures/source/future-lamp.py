from math import cos, pi, sin

from drawing import Figure

figure = Figure(
    "future-lamp",
    "A Deferred is like a lamp",
    """A Deferred as a lamp with three states. At first it is pending: the lamp is not lit, and a list
    of functions waits: the callbacks f and g and the errback h. None of them has run. Later, once,
    it becomes done or failed. Done: the lamp is lit, there is a value, and the callbacks run with
    it. Failed: the lamp is crossed out, there is a reason, and the errbacks run with it.""",
    316,
)


def lamp(x, y):
    figure.circle(x, y, 24)
    figure.box(x - 10, y + 24, 20, 12, "library", radius=2)


def words(y, state, *lines):
    figure.text(344, y, state, bold=True)
    for index, line in enumerate(lines):
        figure.text(344, y + 22 * (index + 1), line)


lamp(72, 110)
figure.text(72, 174, "pending", "middle", bold=True)
for x, name in ((12, "f"), (52, "g"), (116, "h")):
    figure.box(x, 208, 36, 28, "ours", [f"`{name}`"])
figure.text(50, 258, "callbacks", "middle")
figure.text(134, 258, "errback", "middle")

figure.arrow([(112, 92), (242, 68)])
figure.text(176, 62, "a value", "middle")
lamp(290, 62)
for ray in range(5):
    angle = pi * (1.1 + 0.2 * ray)
    figure.line([(290 + r * cos(angle), 62 + r * sin(angle)) for r in (30, 42)], "thick")
words(46, "done", "the callbacks run", "with the value")

figure.arrow([(112, 128), (250, 194)])
figure.text(164, 196, "a reason", "middle")
lamp(290, 204)
figure.line([(279, 193), (301, 215)], "thick")
figure.line([(279, 215), (301, 193)], "thick")
words(188, "failed", "the errbacks run", "with the reason")

figure.time(300)
