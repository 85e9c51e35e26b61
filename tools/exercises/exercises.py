#!/usr/bin/env python3
"""./lesson exercises, start, check, hint, reset and solution.

Exit codes: 0 all checks passed, 1 a check failed, 2 usage, 3 the checker itself failed.
"""

import argparse
import difflib
import io
import os
import re
import signal
import sys
import textwrap
import time
import traceback
from pathlib import Path
from typing import TextIO

import limits
import reports
import runner
import working_copy
from builder import Builder
from exercise import Exercise, UsageError, all_exercises, find
from progress import Progress
from record import ERROR, Record, Verdict

REPOSITORY = Path(__file__).absolute().parents[2].resolve()  # it may hold links to another one: POETRY_WORK_DIR


def say(text: str = "", end: str = "\n") -> None:
    print(text, end=end, flush=True)


def begun(word: str) -> list[Exercise]:
    """The exercises that `word` names and that have a working copy."""
    named = find(REPOSITORY, word) if word else all_exercises(REPOSITORY)
    found = [one for one in named if one.working_copy.is_dir()]
    if not found:
        raise UsageError(f"not started yet; to begin: ./lesson start {named[0].key}")
    return found


def one_exercise(word: str) -> Exercise:
    found = find(REPOSITORY, word)
    if len(found) > 1:
        names = "\n  ".join(one.key for one in found)
        raise UsageError(f"'{word}' names more than one exercise; choose one of these\n  {names}")
    return found[0]


# ---------------------------------------------------------------- the commands


def list_exercises(_) -> int:
    progress = Progress(REPOSITORY)
    everything = all_exercises(REPOSITORY)
    lesson = ""
    for exercise in everything:
        if exercise.lesson != lesson:
            lesson = exercise.lesson
            say(f"\n{lesson}")
        solved = progress.is_solved(exercise.key)
        state = "done" if solved else "started" if exercise.working_copy.is_dir() else ""
        page = exercise.page
        say(f"  {exercise.name:28}{page.kind:9}{page.minutes:3} min  {state}".rstrip())
    solved = sum(progress.is_solved(exercise.key) for exercise in everything)
    width = 30
    bar = "#" * (width * solved // len(everything))
    say(f"\n[{bar:.<{width}}] {solved} of {len(everything)} done")
    say_what_is_next()
    return 0


def say_what_is_next(solved: Exercise | None = None) -> None:
    """An exercise that is begun and not solved; without one, the next after `solved` that is not solved."""
    progress = Progress(REPOSITORY)
    everything = all_exercises(REPOSITORY)
    after = everything.index(solved) + 1 if solved else 0
    open_ones = [one for one in everything[after:] + everything[:after] if not progress.is_solved(one.key)]
    open_ones.sort(key=lambda one: not one.working_copy.is_dir())
    if open_ones:
        command = "check" if open_ones[0].working_copy.is_dir() else "start"
        say(f"Next: ./lesson {command} {open_ones[0].key}")


def start(options) -> int:
    exercise = one_exercise(options.exercise)
    working_copy.start(exercise)
    working_copy.write_compile_commands(Builder(REPOSITORY), exercise)
    say(f"my/{exercise.key}/ is yours. First read README.md there.\n"
        f"Then: ./lesson check {exercise.key}")
    return 0


def reset(options) -> int:
    (exercise,) = begun(one_exercise(options.exercise).key)
    kept = working_copy.reset(exercise)
    working_copy.write_compile_commands(Builder(REPOSITORY), exercise)
    Progress(REPOSITORY).note(exercise.key, hints=0)
    say(f"my/{exercise.key}/ is in its initial state again. Your old files are in {kept.relative_to(REPOSITORY)}/.")
    return 0


def hint(options) -> int:
    exercise = one_exercise(options.exercise)
    progress = Progress(REPOSITORY)
    hints = exercise.page.hints
    shown = min(progress.hints(exercise.key), len(hints) - 1)
    say(for_terminal(hints[shown]))
    if progress.hints(exercise.key) >= len(hints):
        say(f"\nThere are no more hints. To see a solution: ./lesson solution {exercise.key} --spoil")
    progress.note(exercise.key, hints=min(shown + 1, len(hints)))
    return 0


def for_terminal(markdown: str) -> str:
    """The text of a hint, with its code indented."""
    parts = re.split(r"^```\w*\n", markdown + "\n", flags=re.M)
    parts[1::2] = [textwrap.indent(code, "    ") for code in parts[1::2]]
    return "".join(parts).rstrip("\n")


def solution(options) -> int:
    exercise = one_exercise(options.exercise)
    if not options.spoil and not Progress(REPOSITORY).is_solved(exercise.key):
        raise UsageError(f"{exercise.key} is not solved yet; to see the solution all the same: "
                         f"./lesson solution {exercise.key} --spoil")
    begin, end = exercise.folder / "starter", exercise.folder / "solution"
    say(f"The solution is in {end.relative_to(REPOSITORY)}/. It changes the starter as follows:\n")
    say(difference(begin, end), end="")
    return 0


def difference(old: Path, new: Path) -> str:
    lines = []
    for path in sorted(new.iterdir()):
        before = old / path.name
        texts = [file.read_text().splitlines(keepends=True) if file.is_file() else [] for file in (before, path)]
        lines += difflib.unified_diff(*texts, f"starter/{path.name}", f"solution/{path.name}")
    return "".join(lines)


def check(options) -> int:
    if options.csv and not options.submissions:
        raise UsageError("--csv is for --submissions FOLDER")
    if options.submissions:
        if options.watch or options.files or options.only or options.junit or options.gradescope:
            raise UsageError("--submissions takes no other option but --csv")
        return check_submissions(options)
    if options.watch:
        return watch(options)
    if options.files:
        exercises = find(REPOSITORY, options.exercise)
    else:
        exercises = begun(options.exercise)
    for exercise in exercises:
        if options.only and options.only not in exercise.page.checks:
            raise UsageError(f"{exercise.key} has no check '{options.only}'; it has\n  "
                             + "\n  ".join(exercise.page.checks))
    verdicts = check_all(exercises, options)
    if options.junit:
        reports.write(options.junit, reports.junit(verdicts))
    if options.gradescope:
        reports.write(options.gradescope, reports.gradescope(verdicts))
    return exit_code(verdicts)


def check_all(exercises: list[Exercise], options) -> list[Verdict]:
    builder = Builder(REPOSITORY)
    alone = bool(options.files) and limits.can_be_alone()
    verdicts = []
    for exercise in exercises:
        if builder.is_new():
            say("The first check compiles the library of the lessons. That takes some minutes.")
        verdict = runner.check(builder, exercise, files_to_check(exercise, options.files), options.only, alone)
        say(reports.text(verdict))
        if verdict.passed and not options.files and not options.only:
            Progress(REPOSITORY).note(exercise.key, solved=True)
            say_what_is_next(exercise)
        verdicts.append(verdict)
    return verdicts


def files_to_check(exercise: Exercise, folder: str | None) -> dict[str, bytes]:
    if not folder:
        return working_copy.files_of(exercise.working_copy)
    is_own = re.fullmatch(r"starter|solution|wrong/[\w-]+", folder)
    chosen = exercise.folder / folder if is_own else Path(folder)
    if not chosen.is_dir():
        raise UsageError(f"there is no folder '{folder}'")
    # Our own files may be symbolic links, such as a solution that is a file of the book.
    return exercise.variant(folder) if is_own else exercise.files(working_copy.files_of(chosen))


def exit_code(verdicts: list[Verdict]) -> int:
    if any(verdict.checker_failed for verdict in verdicts):
        return 3
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def watch(options) -> int:
    """Checks again at each save, until Ctrl-C."""
    before = {}
    while True:
        exercises = begun(options.exercise)
        now = {one.key: working_copy.times(one.working_copy) for one in exercises}
        changed = [one for one in exercises if now[one.key] != before.get(one.key)]
        if changed:
            say(f"---- {time.strftime('%H:%M:%S')}")
            check_all(changed, options)
            say("Waiting for the next save; Ctrl-C ends.")
        before = now
        time.sleep(0.3)


def check_submissions(options) -> int:
    """A row for each folder in --submissions and each exercise. A submission has the files of the exercise, or
    a folder LESSON/NAME with them."""
    exercises = find(REPOSITORY, options.exercise) if options.exercise else all_exercises(REPOSITORY)
    root = Path(options.submissions)
    if not root.is_dir():
        raise UsageError(f"there is no folder '{root}'")
    builder = Builder(REPOSITORY)
    alone = limits.can_be_alone()
    note = "" if alone else "not isolated from the network: the system does not permit namespaces"
    failed = False
    with open_table(options.csv) as file:
        table = reports.Table(file)
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            for exercise in exercises:
                own = folder / exercise.lesson / exercise.name
                if not own.is_dir() and len(exercises) > 1:
                    continue
                try:
                    files = exercise.files(working_copy.files_of(own if own.is_dir() else folder))
                    verdict = runner.check(builder, exercise, files, alone=alone)
                except Exception as error:  # the others have to be checked, too
                    record = Record(exercise.key, "", ERROR, f"The checker failed: {error}")
                    verdict = Verdict(exercise.key, [record], checker_failed=True)
                table.add(folder.name, verdict, note)
                failed |= verdict.checker_failed
    return 3 if failed else 0


def open_table(path: str | None) -> TextIO:
    """Names of folders may have bytes that are no text."""
    where = open(path, "wb") if path else os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    return io.TextIOWrapper(where, encoding="utf-8", errors="surrogateescape", newline="")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./lesson", description="Exercises of the lessons.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run, about: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about)
        one.set_defaults(run=run)
        return one

    command("exercises", list_exercises, "lists the exercises, and which are done")
    command("start", start, "makes your copy, in my/").add_argument("exercise")
    command("hint", hint, "prints the next hint").add_argument("exercise")
    command("reset", reset, "replaces your copy by a new one, and keeps the old files").add_argument("exercise")
    one = command("solution", solution, "shows a solution, once yours passes")
    one.add_argument("exercise")
    one.add_argument("--spoil", action="store_true", help="before yours passes")

    one = command("check", check, "builds your copy, runs its checks, and prints the story of the first failure")
    one.add_argument("exercise", nargs="?", default="",
                     help="LESSON/NAME, or a lesson, or nothing for all that you have started")
    one.add_argument("--only", default="", metavar="CHECK", help="one check alone")
    one.add_argument("--watch", action="store_true", help="again at each save")
    one.add_argument("--files", metavar="FOLDER", help="check these files in place of your copy: starter, solution, or a path")
    one.add_argument("--junit", metavar="FILE", help="also write JUnit XML")
    one.add_argument("--gradescope", metavar="FILE", help="also write results.json for Gradescope")
    one.add_argument("--submissions", metavar="FOLDER", help="check each folder in it, and print a table")
    one.add_argument("--csv", metavar="FILE", help="where the table goes; without it: standard output")
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except UsageError as error:
        print(f"lesson: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception:  # not 1: that is the exit code of a check that failed
        traceback.print_exc()
        return 3


def end(number, _) -> None:
    sys.exit(128 + number)  # not at once: the program under test has to be ended


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where a parent ignores it, each command seems to succeed
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # for ./lesson hint EXERCISE | head
    sys.exit(main(sys.argv[1:]))
