"""A term is used in no chapter before the one that explains it, and that chapter has it in bold.

The glossary says which chapter explains a term: | term | chapter | meaning |.
"""

import re

from links import target_of
from markdown import LINK, table_rows

GLOSSARY = "docs/reference/glossary.md"
HTML = re.compile(r"<[^>]*>")
# The pages in the order in which they are read. The lab sheet of a lesson is read beside its chapter, and so are
# the pages of its exercises.
CHAPTERS = (
    ("docs/01-models.md",),
    ("docs/02-slow-poetry.md", "blocking-server/README.md", "blocking-client/README.md"),
    ("docs/03-select.md", "async-client/README.md"),
    ("docs/04-descriptors.md", "reactor-client-1/README.md"),
    ("docs/05-protocols.md", "reactor-client-2/README.md"),
    ("docs/06-what-is-missing.md",),
)
ORDER = {page: number for number, pages in enumerate(CHAPTERS, start=1) for page in pages}


def problems(repository):
    glossary = repository.page(GLOSSARY)
    rows = list(table_rows(glossary, ["term", "chapter"]))
    if not rows:
        yield f"{GLOSSARY}: this page has no table of terms; its table begins with | term | chapter |"
    for line, _, cells in rows:
        term = re.sub(r"[`*]", "", cells[0])
        link = LINK.search(cells[1])
        chapter = target_of(glossary, link[3]) if link else ""
        if chapter not in ORDER:
            yield f"{GLOSSARY}:{line}: the chapter of '{term}' is no link to a chapter; write [2](../02-slow-poetry.md)"
        elif repository.exists(chapter):  # if not, the link is dead, and links.py says so
            yield from _problems_of(repository, line, term, chapter)


def _problems_of(repository, line, term, chapter):
    if not re.search(rf"\*\*{_pattern(term)}[.:,]?\*\*", _prose_of(repository.page(chapter)), re.IGNORECASE):
        yield f"{GLOSSARY}:{line}: {chapter} does not have **{term}** in bold; it must explain the term there"
    for page in repository.pages:
        if _order(page.name) < ORDER[chapter]:
            for place in _uses(page, term, chapter):
                yield (
                    f"{page.name}:{place}: '{term}' is explained later, in {chapter}; use another word here, "
                    f"or explain it here and change {GLOSSARY}"
                )


def _order(name):
    """The number of the chapter beside which a page is read. A page that is no part of the book comes last."""
    if "/exercises/get-poem-" in name:  # the way beyond lesson 5
        return ORDER["docs/06-what-is-missing.md"]
    return ORDER.get(re.sub(r"/exercises/[^/]+/README\.md$", "/README.md", name), len(CHAPTERS))


def _uses(page, term, chapter):
    """The lines that use the term. A paragraph with a link to the chapter that explains it may do so."""
    expression = re.compile(rf"(?<![\w-]){_pattern(term)}(?![\w-])", re.IGNORECASE)
    pointers = {link.line for link in page.links() if ORDER.get(target_of(page, link.target)) == ORDER[chapter]}
    for paragraph in page.paragraphs:
        if pointers.isdisjoint(range(paragraph.line, paragraph.line_at(len(paragraph.text)) + 1)):
            text = _without_targets(paragraph.without_code())
            for match in expression.finditer(text):
                yield paragraph.line + text.count("\n", 0, match.start())


def _without_targets(text):
    """The text without the targets of links and without HTML, each line where it was."""
    for expression, kept in (LINK, 2), (HTML, 0):
        text = expression.sub(lambda match: _shown(match, kept), text)
    return text


def _shown(match, kept):
    shown = match[kept] if kept else " "
    return shown + "\n" * (match[0].count("\n") - shown.count("\n"))


def _prose_of(page):
    return "\n\n".join(paragraph.text for paragraph in page.paragraphs).replace("`", "")


def _pattern(term):
    """The words of a term with any white space between them, also in the plural."""
    return r"\s+".join(re.escape(word) for word in term.split()) + "(?:e?s)?"
