"""Each command of ./lesson that a page shows exists, with its programs, lessons, options and files."""

import re

COMMAND = re.compile(r"\./lesson((?: +[^\s#`;&|<>)]+)*)")
PLACEHOLDER = re.compile(r"\[?[A-Z]+(\.\.\.)?\]?|\.\.\.")  # A, PROGRAM, ARG..., [LESSON]
# The options of these commands are not in the script of the command.
OPTIONS = {
    "run": ("common/cli/command_line.cpp",),
    "compare": ("tools/compare-stages/options.cpp", "common/cli/command_line.cpp"),
    "check": ("tools/exercises/exercises.py",),
    "bench": ("tools/benchmarks/bench.cpp", "tools/benchmarks/workloads.cpp"),
}


def problems(repository):
    for page in repository.pages:
        for line, code in _code_of(page):
            for words in COMMAND.findall(code):
                text = mistake_in(repository, words.split())
                if text:
                    yield f"{page.name}:{line}: `./lesson{words}`: {text}"


def _code_of(page):
    yield from page.code_spans()
    yield from page.indented_code
    for fence in page.fences:
        yield from enumerate(fence.lines, start=fence.line + 1)


def mistake_in(repository, words):
    """What is wrong with the words behind ./lesson, or None."""
    if not words:
        return None
    command, rest = words[0], [word for word in words[1:] if not PLACEHOLDER.fullmatch(word)]
    if not re.search(rf"\./lesson {re.escape(command)}(?![\w-])", repository.text("lesson")):
        return "./lesson has no such command; ./lesson alone lists them"
    if command == "run" and len(words) < 2:
        return "run needs a program"
    if command == "diff" and len(words) != 3:
        return "diff needs two lessons"
    return next(filter(None, (_mistake_in_word(repository, command, i, word) for i, word in enumerate(rest))), None)


def _mistake_in_word(repository, command, position, word):
    if word.startswith("--"):
        return _mistake_in_option(repository, command, word.partition("=")[0])
    is_program = command == "diff" or (command == "run" and position == 0)
    if is_program and repository.program(word) is None:
        return f"there is no program {word}; the programs are {', '.join(sorted(repository.programs))}"
    if command in ("test", "build") and not (word in repository.lessons or repository.program(word)):
        return f"there is no lesson {word}; the lessons are {', '.join(repository.lessons)}"
    if command == "run" and position > 0 and re.fullmatch(r"[\w./-]+\.\w+|\w+/.*", word):
        if not word.startswith("build/") and not re.match(r"[\d.]+$", word) and not repository.exists(word):
            return f"there is no {word} in the root of the repository"
    return None


def _mistake_in_option(repository, command, option):
    files = ("lesson", f"tools/{command}", *OPTIONS.get(command, ()))
    expression = re.compile(re.escape(option) + r"(?![\w-])")
    if option == "--help" or any(expression.search(repository.text(file)) for file in files):
        return None
    return f"{command} has no option {option}"
