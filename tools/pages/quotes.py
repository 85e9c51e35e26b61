"""Quoted code is in the file that it names, and each fence is of a kind that the checks know."""

TERMINALS = ("terminal", "first terminal", "second terminal")
LEFT_OUT = ("...", "// ...")


def problems(repository):
    for page in repository.pages:
        for fence, terminal in with_terminals(page):
            for line, text in _problems_of(repository, fence, terminal):
                yield f"{page.name}:{line}: {text}"


def with_terminals(page):
    """Pairs of a fence and the terminal fence that it belongs to if it is a transcript; None if there is none."""
    previous = first = None
    for fence in page.fences:
        source = first if fence.title == "first terminal" else previous
        yield fence, source if is_terminal(source) else None
        if is_terminal(fence) and fence.title == "first terminal":
            first = fence
        previous = fence


def is_terminal(fence):
    """Whether these are commands that a transcript may follow."""
    return fence is not None and fence.language == "sh" and fence.title in TERMINALS


def _problems_of(repository, fence, terminal):
    if not fence.closed:
        yield fence.line, "this fence is not closed; write ``` on a line of its own"
    elif fence.language == "sh":
        if fence.title not in ("", *TERMINALS):
            yield fence.line, f'no terminal has the title "{fence.title}"; the titles are {", ".join(TERMINALS)}'
    elif fence.language == "text":
        if terminal is None:
            yield fence.line, (
                'this transcript follows no commands; put a fence sh title="terminal" before it, '
                "or write ``` without the word text"
            )
    elif fence.language == "diff":
        yield from _diff_problems(repository, fence)
    elif fence.title or fence.language == "cpp":
        yield from _quote_problems(repository, fence)


def _quote_problems(repository, fence):
    if not fence.title:
        yield fence.line, f'this {fence.language} fence names no file; write ```{fence.language} title="PATH"'
        return
    if fence.title not in repository.files:
        yield fence.line, f"there is no file {fence.title}; the title is a path from the root of the repository"
        return
    source = repository.text(fence.title).splitlines()
    pieces = list(_pieces(fence))
    if not pieces:
        yield fence.line, f"this fence quotes nothing from {fence.title}"
    begin = 0
    for line, piece in pieces:
        begin, matching = _find(source, piece, begin)
        if matching < len(piece):
            yield line + matching, (
                f"{fence.title} does not continue with this line: {piece[matching].strip()!r}; "
                "copy the lines again, and put `// ...` where you leave lines out"
            )
            return


def _pieces(fence):
    """The pieces between the lines that stand for left-out ones: pairs of a line number and the lines."""
    piece = []
    for number, line in enumerate([*fence.lines, "..."], start=fence.line + 1):
        if line.strip() not in LEFT_OUT:
            piece.append(line)
        elif piece:
            yield number - len(piece), piece
            piece = []


def _find(source, piece, begin):
    """Looks for the lines of a piece at or after `begin`. Returns where the search goes on, and how many lines match."""
    most = 0
    for start in range(begin, len(source)):
        count = 0
        while count < len(piece) and source[start + count : start + count + 1] == [piece[count]]:
            count += 1
        if count == len(piece):
            return start + count, count
        most = max(most, count)
    return begin, most


def _diff_problems(repository, fence):
    """Of `title="A -> B"`, the lines with '-' are in A and those with '+' in B, in this order; the others are in both."""
    names = [repository.programs.get(repository.program(name), name) for name in fence.title.split(" -> ")]
    if len(names) != 2 or not all(name in repository.files for name in names):
        yield fence.line, 'this diff names no two files; write ```diff title="A -> B", with two files or two programs'
        return
    for name, without in zip(names, "+-"):
        source = repository.text(name).splitlines()
        begin = 0
        for number, line in enumerate(fence.lines, start=fence.line + 1):
            if line[:1] == without or line.strip() in LEFT_OUT or line.startswith("@@"):
                continue
            if line[1:] not in source[begin:]:
                yield number, f"{name} does not have this line here: {line[1:].strip()!r}; copy the lines again"
                break
            begin = source.index(line[1:], begin) + 1
