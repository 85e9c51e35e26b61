from drawing import Figure

figure = Figure(
    "kernel-buffer",
    "The kernel stores what the broken client does not read",
    """The broken client blocks in doRead of task 1. It reads each byte of task 1 as soon as it
    arrives. So the kernel's buffer of this connection is nearly empty. Servers 2 and 3 send, too.
    The client does not read their bytes, so the kernel stores them. Server 2 sends a short poem.
    All of it is in the buffer, and server 2 has finished. In this example, server 3 sends a long
    poem. The buffer is full, and server 3 blocks in send until the client reads.""",
    322,
)

figure.text(8, 20, "servers")
figure.text(250, 20, "kernel's buffers", "middle")
figure.text(497, 20, "broken client", "middle")
figure.box(442, 30, 110, 240, "ours")

LEFT, RIGHT = 150, 350  # of the buffers
for task, y, filled, state in (
    (1, 76, 14, "server sends"),
    (2, 156, 120, "a short poem: server has finished"),
    (3, 236, 200, "a long poem: server blocks in `send`"),
):
    figure.box(8, y - 18, 110, 36, "other")
    figure.task(task, 16, y, f"server {task}")
    figure.fill(task, RIGHT - filled, y, filled, 32)
    figure.box(LEFT, y - 16, RIGHT - LEFT, 32, "kernel", radius=0)
    figure.text(LEFT, y - 24, state)
figure.arrow([(118, 76), (LEFT, 76)])
figure.arrow([(RIGHT, 76), (442, 76)])
figure.box(450, 58, 94, 36, "ours")
figure.mark(1, 465, 76)
figure.text(480, 81, "`doRead`")
figure.text(497, 116, "blocks", "middle")
figure.line([(LEFT - 12, 220), (LEFT - 12, 252)], "thick")
figure.line([(118, 236), (LEFT - 12, 236)])
for y in (156, 236):
    figure.text(396, y + 5, "not read", "middle")
figure.legend(306, ["ours", "kernel", "other"])
