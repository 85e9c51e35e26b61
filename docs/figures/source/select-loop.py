from drawing import Figure

figure = Figure(
    "select-loop",
    "One iteration of the select loop",
    """The loop of lesson 3 as a cycle of five steps. Two of them are in waitForPoetry: FD_SET puts
    each socket into the set, then select blocks until at least one of them is readable. Then, for
    each task, FD_ISSET tests whether its socket is readable. If it is, doRead reads until the
    socket would block. At the end std::erase_if removes the finished tasks. The next iteration
    begins with a new set.""",
    372,
)

figure.text(181, 20, "`waitForPoetry`", "middle")
figure.line([(8, 44), (8, 32), (354, 32), (354, 44)])
figure.text(478, 20, "for each task", "middle")
figure.line([(404, 44), (404, 32), (552, 32), (552, 44)])

WIDE, HIGH = 148, 92
figure.box(8, 54, WIDE, HIGH, "ours", ["`FD_SET`", "puts each socket", "into the set"])
figure.box(206, 54, WIDE, HIGH, "kernel", ["`select`", "blocks until one", "is readable"])
figure.box(404, 54, WIDE, HIGH, "ours", ["`FD_ISSET`", "is its socket", "readable?"])
figure.box(404, 218, WIDE, HIGH, "ours", ["`doRead` reads", "until the socket", "would block"])
figure.box(8, 218, WIDE, HIGH, "ours", ["`std::erase_if`", "removes the", "finished tasks"])

figure.arrow([(156, 100), (206, 100)])
figure.arrow([(354, 100), (404, 100)])
figure.arrow([(500, 146), (500, 218)])
figure.text(490, 187, "yes", "end")
figure.arrow([(404, 264), (156, 264)])
figure.text(280, 254, "after the last task", "middle")
figure.arrow([(82, 218), (82, 146)])
figure.text(92, 187, "again")

figure.legend(350, ["ours", "kernel"])
