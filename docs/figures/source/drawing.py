"""The drawing module of the figures: boxes, arrows, lanes on a time axis, text. It writes SVG.

All figures speak one language:
  - Time runs from left to right.
  - A task has its colour and its mark: circle, square, triangle. tools/compare-stages/page has the same.
  - Work is a solid block. Waiting is a thin line.
  - Your code is a filled box, the library's code an outlined box, the kernel a dashed box,
    another program a box with round ends.

Text in `backticks` is code. The unit is a pixel at the natural size of a figure. A page can set the
colours of an inlined figure with the variables --fig-ink, --fig-paper and --fig-task-1 to -3.
"""

from html import escape

WIDTH = 560  # narrow, so that the text is still legible on a screen of 400 pixels
SIZE = 16  # of text
CODE_SIZE = 14.5
CODE_ADVANCE = 0.61 * CODE_SIZE  # of one character
LINE = 21  # from one line of text to the next

STYLE = """
.fig { color: var(--fig-ink, #22252b); max-width: 100%; height: auto; }
.fig text { font: 16px system-ui, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif; fill: currentColor; }
.fig .fig-code { font: 14.5px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.fig .fig-bold { font-weight: 600; }
.fig .fig-on { fill: var(--fig-paper, #ffffff); }
.fig-0 { fill: currentColor; stroke: currentColor; }
.fig-1 { fill: var(--fig-task-1, #1b6cb3); stroke: var(--fig-task-1, #1b6cb3); }
.fig-2 { fill: var(--fig-task-2, #c64d16); stroke: var(--fig-task-2, #c64d16); }
.fig-3 { fill: var(--fig-task-3, #1c855d); stroke: var(--fig-task-3, #1c855d); }
.fig-work { stroke: none; }
.fig-wait { fill: none; stroke-width: 2; }
.fig-tint { fill-opacity: 0.2; stroke-width: 2; }
.fig-ours { fill: currentColor; fill-opacity: 0.15; stroke: currentColor; stroke-width: 2; }
.fig-library { fill: none; stroke: currentColor; stroke-width: 1.5; }
.fig-kernel { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 7 4; }
.fig-other { fill: none; stroke: currentColor; stroke-width: 1.5; }
.fig-gone { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 1.5 4; }
.fig-line { fill: none; stroke: currentColor; stroke-width: 1.5; }
.fig-state { fill: none; stroke: currentColor; stroke-width: 3; }
.fig-hair { fill: none; stroke: currentColor; stroke-width: 0.7; }
.fig-thick { fill: none; stroke: currentColor; stroke-width: 3; }
.fig-dashed { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 6 4; }
.fig-solid { fill: currentColor; stroke: none; }
@media screen and (prefers-color-scheme: dark) {
.fig { color: var(--fig-ink, #e9e6df); }
.fig .fig-on { fill: var(--fig-paper, #16181d); }
.fig-1 { fill: var(--fig-task-1, #6db3f2); stroke: var(--fig-task-1, #6db3f2); }
.fig-2 { fill: var(--fig-task-2, #ff9a66); stroke: var(--fig-task-2, #ff9a66); }
.fig-3 { fill: var(--fig-task-3, #5fd3a4); stroke: var(--fig-task-3, #5fd3a4); }
}
"""

OWNERS = {
    "ours": "your code",
    "library": "the library",
    "kernel": "the kernel",
    "other": "another program",
    "state": "a state",
}


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def path(points):
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


class Figure:
    """One figure. `desc` says in words what the picture says; a page uses it as alternative text."""

    def __init__(self, name, title, desc, height):
        self.name = name
        self.title = title
        self.desc = " ".join(desc.split())
        self.height = height
        self.parts = []

    def svg(self):
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="fig" role="img" width="{WIDTH}"'
                f' viewBox="0 0 {WIDTH} {number(self.height)}"'
                f' aria-labelledby="{self.name}-title" aria-describedby="{self.name}-desc">',
                f'<title id="{self.name}-title">{escape(self.title)}</title>',
                f'<desc id="{self.name}-desc">{escape(self.desc)}</desc>',
                f"<style>{STYLE}</style>",
                *self.parts,
                "</svg>\n",
            ]
        )

    # --- text

    def text(self, x, y, words, anchor="start", bold=False, style=""):
        """One line of text with its base line at y."""
        pieces = words.split("`")  # every second piece is code
        spans = "".join(
            f'<tspan class="fig-code">{escape(piece)}</tspan>' if index % 2 else escape(piece)
            for index, piece in enumerate(pieces)
        )
        classes = " ".join(filter(None, ["fig-bold" if bold else "", style]))
        attributes = f' class="{classes}"' if classes else ""
        attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}"{attributes}>{spans}</text>')

    def lines(self, x, y, lines, anchor="start"):
        """Several lines. The middle of the block is at y."""
        top = y - (len(lines) - 1) * LINE / 2 + 5.5
        for index, line in enumerate(lines):
            self.text(x, top + index * LINE, line, anchor)

    # --- boxes

    def box(self, x, y, width, height, owner, lines=(), radius=4):
        """A box of `owner`: a name in OWNERS, or "gone" for a call that has returned."""
        radius = height / 2 if owner in ("other", "state") else radius
        self.parts.append(
            f'<rect class="fig-{owner}" x="{number(x)}" y="{number(y)}" width="{number(width)}"'
            f' height="{number(height)}" rx="{number(radius)}"/>'
        )
        self.lines(x + width / 2, y + height / 2, lines, "middle")

    def tag(self, x, y, owner, name):
        """A box just large enough for the name of a function. (x, y) is its middle."""
        width = len(name) * CODE_ADVANCE + 12
        self.box(x - width / 2, y - 13, width, 26, owner, [f"`{name}`"])

    def bytes(self, task, x, y, width, height):
        """A box of bytes that belong to a task, light enough to write on."""
        self.box(x, y, width, height, f"{task} fig-tint", radius=0)

    # --- tasks: 1, 2 and 3, and 0 for what belongs to no task

    def mark(self, task, x, y, style=None, radius=6):
        r = radius
        shape = {
            1: f"M{number(x - r)} {number(y)}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
            2: path([(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]) + "z",
            3: path([(x, y - 1.2 * r), (x + 1.2 * r, y + 0.9 * r), (x - 1.2 * r, y + 0.9 * r)]) + "z",
        }[task]
        self.parts.append(f'<path class="{style or f"fig-{task} fig-work"}" d="{shape}"/>')

    def task(self, task, x, y, words=None):
        """The name of a task behind its mark. y is the middle."""
        self.mark(task, x + 7, y)
        self.text(x + 20, y + 5.5, words or f"task {task}")

    def fill(self, task, x, y, width, height, radius=0):
        """A solid area in the colour of a task: its bytes. y is the middle."""
        self.parts.append(
            f'<rect class="fig-{task} fig-work" x="{number(x)}" y="{number(y - height / 2)}"'
            f' width="{number(width)}" height="{number(height)}" rx="{radius}"/>'
        )

    def work(self, task, x, y, width, height=26, marked=True):
        """The program works for a task. y is the middle."""
        self.fill(task, x, y, width, height, 2)
        if marked and task:
            self.mark(task, x + width / 2, y, "fig-on", 4.5)

    def wait(self, task, x1, x2, y):
        """The program waits for a task."""
        self.parts.append(f'<path class="fig-{task} fig-wait" d="{path([(x1, y), (x2, y)])}"/>')

    # --- lines

    def circle(self, x, y, radius, style="line"):
        self.parts.append(f'<circle class="fig-{style}" cx="{x}" cy="{y}" r="{radius}"/>')

    def line(self, points, style="line"):
        self.parts.append(f'<path class="fig-{style}" d="{path(points)}"/>')

    def arrow(self, points, style="line", head="fig-solid"):
        """An arrow along the points. Its head ends at the last one."""
        (x1, y1), (x2, y2) = points[-2:]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        neck = (x2 - 9 * dx, y2 - 9 * dy)
        self.line([*points[:-1], neck], style)
        corners = [(x2, y2), (neck[0] - 5 * dy, neck[1] + 5 * dx), (neck[0] + 5 * dy, neck[1] - 5 * dx)]
        self.parts.append(f'<path class="{head}" d="{path(corners)}z"/>')

    def time(self, y, x=8):
        """The time axis, below everything that it measures."""
        self.text(x, y + 5, "time")
        self.arrow([(x + 46, y), (WIDTH - 8, y)])

    # --- the legend

    def legend(self, y, entries, x=8):
        """Explains, in one row, owners of boxes, "work" and "wait", or the styles of arrows.

        An entry is the name of an owner, "work", "wait", or a pair (style of an arrow, words)."""
        for entry in entries:
            if entry in OWNERS:
                self.box(x, y - 8, 26, 16, entry, radius=3)
                words = OWNERS[entry]
            elif entry == "work":
                self.work(0, x, y, 26, 18)
                words = "works"
            elif entry == "wait":
                self.wait(0, x, x + 26, y)
                words = "waits"
            else:
                style, words = entry
                self.arrow([(x, y), (x + 30, y)], style)
                x += 4
            self.text(x + 34, y + 5.5, words)
            x += 34 + len(words) * 9.6 + 22
