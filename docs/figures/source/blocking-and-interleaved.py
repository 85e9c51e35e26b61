from drawing import Figure

figure = Figure(
    "blocking-and-interleaved",
    "Waiting for one, waiting for any",
    """The same three poems in lesson 2 and in lesson 3. In lesson 2 the client waits for one poem
    at a time: for task 1 until it is complete, then for task 2, then for task 3. That takes 23
    seconds, the sum. In lesson 3 the client waits for all three at the same time. It reads from
    each when some of its bytes have arrived. That takes 10 seconds, the time of the slowest poem.""",
    350,
)

LEFT = 84
SECOND = 20
CHUNK = 6
LENGTH = {1: 10.1 * SECOND, 2: 6.3 * SECOND, 3: 6.6 * SECOND}  # as in the transcripts of the lessons
# When chunks are read, from the start of the poem. One thread reads only one at a time.
CHUNKS = {1: (10, 44, 78, 108, 150, 196), 2: (20, 54, 92, 120), 3: (32, 66, 100, 126)}


def poem(task, start, y):
    figure.wait(task, start, start + LENGTH[task], y)
    for chunk in CHUNKS[task]:
        figure.work(task, start + chunk, y, CHUNK, 22, marked=False)


figure.text(8, 20, "Lesson 2: waits for one", bold=True)
start = LEFT
for task in (1, 2, 3):
    y = 50 + 32 * (task - 1)
    figure.task(task, 8, y)
    poem(task, start, y)
    start += LENGTH[task]
figure.line([(start + 3, 34), (start + 3, 130)], "thick")
figure.text(start + 4, 24, "23 s", "end")

figure.text(8, 168, "Lesson 3: waits for any", bold=True)
for task in (1, 2, 3):
    y = 198 + 32 * (task - 1)
    figure.task(task, 8, y)
    poem(task, LEFT, y)
end = LEFT + LENGTH[1]
figure.line([(end + 3, 182), (end + 3, 278)], "thick")
figure.text(end + 14, 235, "10 s")

figure.time(306)
figure.legend(334, ["work", "wait"])
