from drawing import Figure

figure = Figure(
    "stream",
    "A stream has no borders",
    """A server writes twice: first "Science! ", then "true". TCP carries these 13 bytes in their
    order and does not keep the border between the two writes. In the client, dataReceived may be
    called once with all of them. It may also be called twice, with a different border, or three
    times. Equal bytes stand below each other. The bytes and their order are the same each time. The
    cuts are not.""",
    318,
)

BYTES = "Science! true"
LEFT, CELL, HIGH, CUT = 44, 36, 34, 4


def row(y, pieces):
    """The bytes, cut into pieces of these lengths."""
    position = 0
    for length in pieces:
        x = LEFT + position * CELL  # the same for every row: equal bytes stand below each other
        figure.bytes(1, x + CUT, y, length * CELL - 2 * CUT, HIGH)
        for byte in range(length):
            left = x + byte * CELL
            if byte:
                figure.line([(left, y), (left, y + HIGH)], "hair")
            figure.text(left + CELL / 2, y + 22, f"`{BYTES[position + byte]}`", "middle")
        position += length


figure.text(8, 20, "The server calls `write` twice", bold=True)
row(34, (9, 4))
figure.text(8, 104, "The client's `dataReceived` is called", bold=True)
for y, pieces, words in (
    (136, (13,), "once"),
    (204, (5, 8), "or twice"),
    (272, (2, 7, 4), "or three times"),
):
    figure.text(8, y - 8, words)
    row(y, pieces)
