from drawing import Figure

figure = Figure(
    "orderly-close-and-reset",
    "Orderly close and reset",
    """Two connections as time lines of server and client. Orderly close: the server sends all
    bytes, then closes. Its kernel sends FIN after the last byte. The client gets all bytes, and
    then recv returns 0, the end of file. Reset: the server has set reset on close for its socket.
    Its process dies in the middle of the poem, so the kernel sends RST. Without this setting it
    would send FIN. In the client, recv fails with ECONNRESET.""",
    384,
)

SLOPE = 40


def connection(y, heading, outcome, sent, last, event, result):
    figure.text(8, y, heading, bold=True)
    figure.text(142, y, outcome)
    top, bottom = y + 46, y + 110
    figure.text(8, top + 5, "server")
    figure.text(8, bottom + 5, "client")
    for x in sent:
        figure.arrow([(x, top), (x + SLOPE, bottom)])
    x = sent[-1] + 80
    figure.line([(76, top), (x, top)])
    figure.line([(76, bottom), (x + SLOPE, bottom)])
    figure.text(x, top - 10, event, "middle")
    figure.arrow([(x, top), (x + SLOPE, bottom)], "thick")
    figure.text(x + SLOPE / 2 + 14, (top + bottom) / 2, last, bold=True)
    figure.text(x + SLOPE, bottom + 24, result, "middle")
    figure.text(100 + SLOPE / 2, bottom + 24, "bytes", "middle")


connection(
    20, "Orderly close", "the poem is complete", (100, 180, 260, 340), "FIN", "closes", "`recv` returns 0"
)
connection(196, "Reset", "the poem is cut short", (100, 180), "RST",
    "process dies (reset on close is set)", "`recv` fails")
figure.time(366)
