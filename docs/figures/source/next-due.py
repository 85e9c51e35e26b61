from drawing import Figure

figure = Figure(
    "next-due",
    "How long may the loop wait?",
    """A queue of three timers in the order in which they are due, above a time axis. The loop waits
    for descriptors until the first timer is due, but not longer: the timeout of the wait is the
    time of the first timer minus now. The other timers do not change it. A descriptor that becomes
    ready ends the wait earlier.""",
    272,
)

NOW = 90
DUE = {"A": 330, "B": 446, "C": 516}

figure.text(8, 59, "queue of timers")
for timer, x in DUE.items():
    figure.box(x - 20, 36, 40, 36, "library", [timer])
    figure.line([(x, 72), (x, 170)], "gone" if timer != "A" else "line")
figure.text(DUE["A"], 24, "first", "middle")

figure.text(NOW, 112, "now", "middle")
figure.line([(NOW, 122), (NOW, 170)], "thick")
figure.arrow([(NOW + 120, 122), (DUE["A"], 122)])
figure.arrow([(NOW + 120, 122), (NOW, 122)])
figure.text((NOW + DUE["A"]) / 2, 112, "timeout = first − now", "middle")
figure.wait(0, NOW, DUE["A"], 154)
figure.text((NOW + DUE["A"]) / 2, 146, "the loop waits", "middle")
figure.work(0, DUE["A"], 154, 30)
figure.text(DUE["A"] + 38, 159, "A runs")
figure.time(190)
figure.text(8, 224, "A ready descriptor ends the wait earlier.")
figure.legend(252, ["work", "wait"])
