from drawing import Figure

figure = Figure(
    "three-models",
    "Three ways to do three tasks",
    """Three tasks, each with three pieces of work and two waits between them. One after the other
    in one thread: the waits are gaps in which nothing happens. All three tasks together take the
    sum of their times. In three threads: the tasks run at the same time, each thread still waits in
    its gaps. Interleaved in one thread: while one task waits, the thread works for the others. Threads and
    interleaving end at nearly the same time. The work is short, and the waits are long. So the one thread has
    gaps, too. In these gaps all tasks wait.""",
    404,
)

LEFT = 84  # where time begins
WORK, WAIT = 12, 59  # the work is much shorter, as it is in a program that waits for a network


def task(number, x, y):
    """Work, wait, work, wait, work. Returns where it ends."""
    for piece in range(3):
        figure.work(number, x, y, WORK)
        x += WORK
        if piece < 2:
            figure.wait(number, x, x + WAIT, y)
            x += WAIT
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
for piece in range(3):
    x = LEFT + piece * (WORK + WAIT)
    for number in (1, 2, 3):
        figure.work(number, x + (number - 1) * WORK, 296, WORK - 1)
    end = x + 3 * WORK
    if piece < 2:
        figure.wait(0, end, x + WORK + WAIT, 296)
figure.text(LEFT + 3 * WORK + (WAIT - 2 * WORK) / 2, 328, "all wait", "middle")
figure.line([(end + 3, 278), (end + 3, 314)], "thick")
figure.text(end + 12, 301, "done")

figure.time(356)
for number in (1, 2, 3):
    figure.task(number, 8 + 92 * (number - 1), 388)
figure.legend(388, ["work", "wait"], 318)
