"""The rest: each lesson has a page, whole poems have their lengths, and no page says that something is easy."""

import re

POEMS = ("ecstasy", "fascination", "science")
WHOLE_POEM = re.compile(r"Task \d+: (?:(\d+) bytes of poetry|got (\d+) bytes of poetry .* in .*)")
MADE_POEM = re.compile(r"head -c (\d+)")
EASY = re.compile(r"\b(simply|just|obviously|of course)\b", re.IGNORECASE)


def problems(repository):
    for page in ("README.md", *(f"{lesson}/README.md" for lesson in repository.lessons)):
        if not repository.exists(page):
            yield f"{page}: this page is missing"
    for page in repository.pages:
        yield from _wrong_lengths(repository, page)
        yield from _easy_words(page)


def poem_lengths(repository, page):
    """The lengths of the poems, and of those that the page makes with `head -c 3000000`."""
    files = [repository.root / f"poetry/{poem}.txt" for poem in POEMS]
    lengths = {str(file.stat().st_size) for file in files if file.exists()}
    return lengths | {length for fence in page.fences for length in MADE_POEM.findall("\n".join(fence.lines))}


def _wrong_lengths(repository, page):
    lengths = poem_lengths(repository, page)
    for fence in page.fences:
        for number, line in enumerate(fence.lines, start=fence.line + 1):
            match = WHOLE_POEM.fullmatch(line)
            if fence.language == "text" and match and (match[1] or match[2]) not in lengths:
                yield f"{page.name}:{number}: no poem has {match[1] or match[2]} bytes; they have {', '.join(sorted(lengths))}"


def _easy_words(page):
    for paragraph in page.paragraphs:
        text = paragraph.without_code()
        for match in EASY.finditer(text):
            line = paragraph.line + text.count("\n", 0, match.start())
            yield f"{page.name}:{line}: '{match[0]}' tells the reader that this is easy; delete the word"
