from drawing import Figure

figure = Figure(
    "three-models",
    "Three ways to do three tasks",
    """Three tasks, each with three pieces of work and two waits between them. One after the other
    in one thread: the waits are gaps in which nothing happens. All three tasks together take the
    sum of their times. In three threads: the tasks run at the same time, each thread still waits in
    its gaps. Interleaved in one thread: while one task waits, the thread works for the others. The
    gaps are filled.""",
    384,
)

LEFT = 84  # where time begins
UNIT = 22  # one piece of work; a wait is as long as two


def task(number, x, y):
    """Work, wait, work, wait, work. Returns where it ends."""
    for piece in range(3):
        figure.work(number, x, y, UNIT)
        x += UNIT
        if piece < 2:
            figure.wait(number, x, x + 2 * UNIT, y)
            x += 2 * UNIT
    return x


figure.text(8, 22, "One after the other", bold=True)
figure.text(8, 57, "thread")
x = LEFT
for number in (1, 2, 3):
    x = task(number, x, 52)
figure.line([(x + 3, 34), (x + 3, 70)], "thick")
figure.text(x, 24, "done", "end")

figure.text(8, 110, "Three threads", bold=True)
for number in (1, 2, 3):
    y = 140 + 34 * (number - 1)
    figure.text(8, y + 5, f"thread {number}")
    end = task(number, LEFT, y)
figure.line([(end + 3, 122), (end + 3, 226)], "thick")
figure.text(end + 12, 179, "done")

figure.text(8, 266, "Interleaved in one thread", bold=True)
figure.text(8, 301, "thread")
for piece in range(9):
    figure.work(piece % 3 + 1, LEFT + piece * UNIT, 296, UNIT - 1)
end = LEFT + 9 * UNIT
figure.line([(end + 3, 278), (end + 3, 314)], "thick")
figure.text(end + 12, 301, "done")

figure.time(338)
for number in (1, 2, 3):
    figure.task(number, 8 + 92 * (number - 1), 368)
figure.legend(368, ["work", "wait"], 318)
