"""Reads a page of Markdown: its fences, its headings, its links and its text.

It knows the part of Markdown that our pages use. A code span is what is between backquotes; everything outside
fences, indented code and code spans is prose.
"""

import re
from dataclasses import dataclass, field

FENCE = re.compile(r"( *)(`{3,}|~{3,}) *([^\s`]*) *([^`]*)$")
TITLE = re.compile(r'title="([^"]*)"')
HEADING = re.compile(r"#{1,6} +(.+?) *#*$")
LIST_ITEM = re.compile(r"\s*([-*+]|\d+[.)])\s")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]*)>?(?:\s+"[^"]*")?\s*\)')
LINK_DEFINITION = re.compile(r"^\[[^\]]+\]: *<?(\S+?)>?$", re.MULTILINE)
BARE_ADDRESS = re.compile(r"<(https?:[^>\s]+)>")
HTML_TAG = re.compile(r"<(a|img|source)\s([^>]*)>", re.DOTALL)
HTML_ATTRIBUTE = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')


@dataclass
class Fence:
    """Code between two lines of ```."""

    line: int  # of its first ```, counted from 1
    language: str  # the word behind ```
    title: str
    indent: int = 0  # the spaces before its first ```
    lines: list = field(default_factory=list)
    closed: bool = False


@dataclass
class Paragraph:
    """Lines of text without a blank line between them. A row of a table is a paragraph of its own."""

    line: int
    text: str

    def line_at(self, position):
        return self.line + self.text.count("\n", 0, position)

    def code_spans(self):
        """Pairs of a line number and the text between the backquotes."""
        for match in CODE_SPAN.finditer(self.text):
            code = " ".join(match[2].split()).replace("\\|", "|")
            yield self.line_at(match.start()), code

    def without_code(self):
        """The text with spaces in place of each code span, so that positions stay the same."""
        return CODE_SPAN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), self.text)


@dataclass
class Link:
    line: int
    target: str
    text: str = ""  # for an image, its alternative text
    is_image: bool = False


class Page:
    def __init__(self, text, name="page.md"):
        self.name = name
        self.fences = []
        self.paragraphs = []
        self.headings = []  # pairs of a line number and the text
        self.indented_code = []  # the same
        self._read(text.split("\n"))

    def _read(self, lines):
        fence = None
        paragraph = None
        in_list = False
        after_blank = True  # or after indented code
        for number, line in enumerate(lines, start=1):
            mark = FENCE.match(line)
            if fence is not None:
                if mark and mark[2].startswith(fence_mark) and not mark[3]:
                    fence.closed, fence = True, None
                else:
                    fence.lines.append(_unindented(line, fence.indent))
                continue
            if mark:
                title = TITLE.search(mark[4])
                fence = Fence(number, mark[3], title[1] if title else "", len(mark[1]))
                self.fences.append(fence)
                fence_mark = mark[2]
                paragraph, after_blank = None, True
            elif not line.strip():
                paragraph, after_blank = None, True
            elif line.startswith("    ") and after_blank and not in_list:
                self.indented_code.append((number, line))
                paragraph = None
            else:
                in_list = bool(LIST_ITEM.match(line)) or (in_list and (line[0] == " " or not after_blank))
                paragraph = self._add(paragraph, number, line)
                after_blank = False

    def _add(self, paragraph, number, line):
        """Adds a line to a paragraph, or begins a new one. Returns the paragraph that the next line continues."""
        heading = HEADING.match(line)
        if heading:
            self.headings.append((number, heading[1]))
        is_alone = bool(heading) or line.startswith("|")
        if paragraph is None or is_alone or LIST_ITEM.match(line):
            paragraph = Paragraph(number, line)
            self.paragraphs.append(paragraph)
        else:
            paragraph.text += "\n" + line
        return None if is_alone else paragraph

    def code_spans(self):
        for paragraph in self.paragraphs:
            yield from paragraph.code_spans()

    def links(self):
        for paragraph in self.paragraphs:
            yield from _links_in(paragraph)

    def anchors(self):
        """What a link to a part of this page may have behind its #."""
        found = {}
        for _, heading in self.headings:
            anchor = anchor_of(heading)
            count = found.get(anchor, 0)
            found[anchor] = count + 1
            if count:
                found[f"{anchor}-{count}"] = 1
        return set(found) | self._html_anchors()

    def _html_anchors(self):
        text = "\n".join(paragraph.without_code() for paragraph in self.paragraphs)
        return set(re.findall(r'<[^>]*\b(?:id|name)="([^"]*)"', text))


def anchor_of(heading):
    """The anchor that GitHub gives to a heading."""
    text = LINK.sub(r"\2", heading)
    text = re.sub(r"[`*]", "", text).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def table_rows(page, first_cells):
    """The rows of the tables whose header begins with these cells: triples of line, header and cells."""
    header = None
    last = 0
    for paragraph in page.paragraphs:
        cells = _cells(paragraph.text)
        if not cells:
            header = None
        elif header is None or paragraph.line != last + 1:
            header = cells
        elif header[: len(first_cells)] == first_cells and not set(paragraph.text) <= set("|-: "):
            yield paragraph.line, header, cells
        last = paragraph.line


def _cells(row):
    if not row.startswith("|"):
        return []
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]]


def _unindented(line, indent):
    """The line of an indented fence, without as many spaces as the fence has."""
    return re.sub(f"^ {{0,{indent}}}", "", line)


def _links_in(paragraph):
    text = paragraph.without_code()
    yield from _inline_links(paragraph, text, 0)
    for expression in LINK_DEFINITION, BARE_ADDRESS:
        for match in expression.finditer(text):
            yield Link(paragraph.line_at(match.start()), match[1])
    for match in HTML_TAG.finditer(text):
        attributes = dict(HTML_ATTRIBUTE.findall(match[2]))
        target = attributes.get("href") or attributes.get("src") or attributes.get("srcset")
        if target:
            is_image = match[1] == "img"
            yield Link(paragraph.line_at(match.start()), target.split()[0], attributes.get("alt", ""), is_image)


def _inline_links(paragraph, text, begin):
    """The links [text](target) and images ![alt](target); also an image that is the text of a link."""
    for match in LINK.finditer(text):
        line = paragraph.line_at(begin + match.start())
        yield Link(line, match[3], " ".join(match[2].split()), match[1] == "!")
        yield from _inline_links(paragraph, match[2], begin + match.start(2))
