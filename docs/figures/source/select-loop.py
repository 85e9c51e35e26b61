from drawing import Figure

figure = Figure(
    "select-loop",
    "One iteration of the select loop",
    """The loop of lesson 3 as a cycle. Two steps are in waitForPoetry: FD_SET puts each socket into
    the set, then select blocks until at least one of them is readable. The next two are in a loop
    over all tasks. FD_ISSET tests whether the socket of the task is readable. If it is, doRead reads
    until the socket would block, and the next task follows. If it is not, the next task follows at
    once. So one iteration may call doRead for several tasks. After the last task, std::erase_if
    removes the finished tasks. The next iteration begins with a new set.""",
    372,
)

figure.text(166, 20, "`waitForPoetry`", "middle")
figure.line([(8, 44), (8, 32), (324, 32), (324, 44)])
figure.text(451, 20, "for each task", "middle")
figure.line([(350, 32), (552, 32), (552, 316), (350, 316), (350, 32)])

HIGH = 92
figure.box(8, 54, 148, HIGH, "ours", ["`FD_SET`", "puts each socket", "into the set"])
figure.box(180, 54, 144, HIGH, "kernel", ["`select`", "blocks until one", "is readable"])
figure.box(362, 54, 136, HIGH, "ours", ["`FD_ISSET`", "is its socket", "readable?"])
figure.box(362, 212, 136, HIGH, "ours", ["`doRead` reads", "until the socket", "would block"])
figure.box(8, 212, 148, HIGH, "ours", ["`std::erase_if`", "removes the", "finished tasks"])

figure.arrow([(156, 100), (180, 100)])
figure.arrow([(324, 100), (362, 100)])
figure.arrow([(392, 146), (392, 212)])
figure.text(402, 178, "yes")
figure.line([(498, 124), (534, 124)])
figure.text(505, 118, "no")
figure.arrow([(498, 258), (534, 258), (534, 76), (498, 76)])
figure.text(526, 200, "next task", "end")
figure.arrow([(350, 258), (156, 258)])
figure.text(253, 248, "after the last task", "middle")
figure.arrow([(82, 212), (82, 146)])
figure.text(92, 184, "again")

figure.legend(350, ["ours", "kernel"])
