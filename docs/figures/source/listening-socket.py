from drawing import Figure

figure = Figure(
    "listening-socket",
    "Listening socket, queue, connected socket",
    """Three clients have connected to port 10000. In the kernel, the server has two sockets. The
    listening socket, descriptor 3, has a queue with the connections of client 2 and client 3.
    The first place of the queue is empty: accept took the connection of client 1 out of it and
    returned a new socket for it, the connected socket, descriptor 4. The listening socket stays open for the next client.""",
    346,
)

figure.text(270, 20, "kernel", "middle")
figure.box(142, 30, 256, 270, "kernel")
figure.text(491, 20, "server process", "middle")
figure.box(430, 30, 122, 270, "ours")

figure.box(158, 46, 224, 124, "kernel")
figure.text(170, 70, "listening socket", bold=True)
figure.text(170, 92, "port 10000")
figure.text(372, 110, "queue", "end")
for slot in range(3):
    figure.box(228 + slot * 36, 120, 36, 36, "library", radius=0)
figure.box(336, 120, 36, 36, "gone", radius=0)
figure.mark(3, 282, 138, radius=8)
figure.mark(2, 318, 138, radius=8)
figure.mark(1, 354, 138, "fig-1 fig-tint", radius=8)

figure.box(158, 228, 224, 58, "kernel")
figure.text(170, 251, "connected socket", bold=True)
figure.text(170, 273, "with client 1")
figure.mark(1, 362, 259, radius=8)
figure.arrow([(354, 156), (354, 228)], "thick")
figure.text(342, 205, "`accept`", "end")

for y, client in ((72, 3), (152, 2), (239, 1)):
    figure.box(8, y, 104, 36, "other")
    figure.task(client, 16, y + 18, f"client {client}")
figure.arrow([(112, 90), (126, 90), (126, 132), (228, 132)])
figure.arrow([(112, 170), (126, 170), (126, 144), (228, 144)])
figure.arrow([(112, 257), (158, 257)])

for y, descriptor in ((90, 3), (239, 4)):
    figure.box(437, y, 108, 36, "ours", [f"descriptor {descriptor}"])
    figure.arrow([(437, y + 18), (382, y + 18)])

figure.legend(330, ["ours", "kernel", "other"])
