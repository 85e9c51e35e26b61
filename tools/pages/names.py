"""Each name in backquotes exists: a function, a type, a constant, an option, a file.

A name is ours if a source file has it outside comments. Otherwise it is in a header of the system, in a table of
names.md, or in other-names.txt beside this file.
"""

import functools
import os
import re
from pathlib import Path

from markdown import table_rows
from repository import WORD

TABLES = "docs/reference/names.md"
OTHER_NAMES = "tools/pages/other-names.txt"
OUR_HEADERS = ("common/reactor/", "tests/support/")
INCLUDE = Path("/usr/include")
# Relative to /usr/include, or to the folder in it that Debian names after the machine.
SYSTEM_HEADERS = (
    "*.h", "sys/*.h", "netinet/*.h", "arpa/*.h", "bits/*.h", "bits/types/*.h", "asm-generic/*.h", "linux/*.h",
    "event2/*.h", "c++/*/*", "c++/*/bits/*.h",
)  # fmt: skip

FILE = re.compile(r"(\./)?\w[\w.-]*(/[\w.-]*)*")
FILE_NAME = re.compile(r".+\.(cpp|hpp|md|txt|cmake|json|py|mjs|js|css|html|svg|sh)")
QUALIFIED = r"~?[A-Za-z_]\w*(?:(?:::|\.|->)~?[A-Za-z_]\w*)*"
EXPRESSION = re.compile(rf"({QUALIFIED})((?:<.*>)?(?:\(.*\))?[&*]*)")
# Words that are no words of English: addReader, PoetrySocket, fd_set, FD_SETSIZE.
DISTINCTIVE = re.compile(r"\b(?:[a-z]+[A-Z]\w*|[A-Z]+[a-z]+[A-Z]\w*|[A-Z]{2,}[a-z]+\w*|[A-Za-z]\w*_\w+)\b")
OPTION = re.compile(r"--[a-z][\w-]*")
LIBEVENT = re.compile(r"(ev|event|evtimer|evsignal|evconnlistener|evdns|evbuffer|bufferevent|evutil|EV|BEV|EVLOOP|EVUTIL)_\w*[a-zA-Z]")


def problems(repository):
    known = Known(repository)
    for page in repository.pages:
        for line, code in page.code_spans():
            text = _problem(repository, known, page, code)
            if text:
                yield f"{page.name}:{line}: {text}"
    yield from _table_problems(repository)
    yield from _unused_names(repository, known)


class Known:
    """Where names are looked up."""

    def __init__(self, repository):
        self.repository = repository
        lines = repository.text(OTHER_NAMES).splitlines()
        self.others = {line.strip() for line in lines if line.strip() and not line.startswith("#")}

    def has(self, words):
        """Whether one place has all these words."""
        words = set(words)
        return (
            words <= self._tables
            or words <= self.others
            or any(words <= self.repository.words(path) for path in self.repository.sources)
            or any(words <= header for header in _system_headers())
        )

    def has_option(self, option):
        expression = re.compile(re.escape(option) + r"(?![\w-])")
        return any(expression.search(self.repository.text(path)) for path in self.repository.sources)

    @functools.cached_property
    def _tables(self):
        page = self.repository.page(TABLES)
        rows = [p for p in page.paragraphs if p.text.startswith("|")]
        return {word for row in rows for _, code in row.code_spans() for word in WORD.findall(code)}


@functools.cache
def _system_headers():
    """The words of each header."""
    roots = [INCLUDE, *INCLUDE.glob("*-linux-gnu*")]
    files = {file for root in roots for pattern in SYSTEM_HEADERS for file in root.glob(pattern) if file.is_file()}
    return [set(WORD.findall(file.read_text(errors="replace"))) for file in sorted(files)]


def _problem(repository, known, page, code):
    if code in known.others or code.startswith("./lesson"):
        return None  # commands.py checks the commands
    if _looks_like_file(code):
        return None if _is_file(repository, page, code) else f"there is no file `{code}`; correct its path"
    for words in names_in(code):
        if not known.has(words):
            name = code if len(words) > 1 else words[0]
            return (
                f"the name `{name}` is in no source, in no header of the system and in no table of {TABLES}; "
                f"correct it. A name from elsewhere belongs in {OTHER_NAMES}"
            )
    option = OPTION.match(code)  # an option behind a command may be one of another program
    if option and not known.has_option(option[0]):
        return f"no program and no script has the option `{option[0]}`; correct it"
    return None


def names_in(code):
    """The names in a piece of code, each as the list of its words: Reactor::run -> ["Reactor", "run"].

    Of code that is more than one name, only the words that can't be English ones: a message has both.
    """
    expression = EXPRESSION.fullmatch(code)
    if not expression:
        return [[word] for word in DISTINCTIVE.findall(code)]
    return [WORD.findall(expression[1]), *([word] for word in DISTINCTIVE.findall(expression[2]))]


def _looks_like_file(code):
    """common/net/, get_poetry.cpp; not EV_READ, doRead(), build/bin/, my/."""
    has_form = FILE.fullmatch(code) and ("/" in code or FILE_NAME.fullmatch(code))
    return bool(has_form) and not code.startswith(("build/", "my/"))


def _is_file(repository, page, code):
    """Seen from the page, from the root, from a folder of headers, or by its bare name."""
    folders = [os.path.dirname(page.name), "", "common"]
    if any(repository.exists(os.path.join(folder, code)) for folder in folders):
        return True
    if "/" not in code:
        return any(os.path.basename(path) == code for path in repository.files)
    return any((root / code).exists() for root in [INCLUDE, *INCLUDE.glob("*-linux-gnu*")])


def _table_problems(repository):
    """The names in the column `here` are in our headers, those of libevent in its headers."""
    ours = _words_in_headers(repository)
    libevent = {word for file in INCLUDE.glob("event2/*.h") for word in WORD.findall(file.read_text())}
    rows = list(table_rows(repository.page(TABLES), ["here", "Twisted"]))
    if not rows:
        yield f"{TABLES}: this page has no table of names; its tables begin with | here | Twisted |"
    for line, header, cells in rows:
        for title, cell in zip(header, cells):
            words = WORD.findall(" ".join(re.findall(r"`([^`]*)`", cell)))
            for word in words:
                if title == "here" and word not in ours:
                    yield f"{TABLES}:{line}: `{word}` is in no header of {' and '.join(OUR_HEADERS)}; correct it"
                if title == "libevent" and LIBEVENT.fullmatch(word) and word not in libevent:
                    yield f"{TABLES}:{line}: `{word}` is in no header of libevent; correct it"


def _words_in_headers(repository):
    headers = [path for path in repository.files if path.startswith(OUR_HEADERS) and path.endswith(".hpp")]
    return {word for path in headers for word in repository.words(path)}


def _unused_names(repository, known):
    used = {code for page in repository.pages for _, code in page.code_spans()}
    words = {word for code in used for word in WORD.findall(code)}
    for name in sorted(known.others - used - words):
        yield f"{OTHER_NAMES}: no page uses `{name}`; delete it here"
