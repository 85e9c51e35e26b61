#!/usr/bin/env python3
"""./lesson exercises, start, check, hint, reset and solution.

Exit codes: 0 all checks passed, 1 a check failed, 2 usage, 3 the checker itself failed.
"""

import argparse
import sys
from pathlib import Path

import runner
import working_copy
from builder import Builder
from exercise import UsageError, all_exercises, find
from record import Verdict

REPOSITORY = Path(__file__).resolve().parents[2]


def say(text: str = "") -> None:
    print(text, flush=True)


def begun(word: str):
    """The exercises that `word` names and that have a working copy."""
    named = find(REPOSITORY, word) if word else all_exercises(REPOSITORY)
    found = [one for one in named if one.working_copy.is_dir()]
    if not found:
        raise UsageError(f"not started yet: {named[0].key}. First: ./lesson start {named[0].key}" if named
                         else "there are no exercises")
    return found


def tell(verdict: Verdict) -> None:
    """One line for each check, and the story of the first failure."""
    say(verdict.exercise)
    for record in verdict.records:
        say(f"  {record.status:8}{record.check}")
    failure = verdict.first_failure
    if failure:
        say(f"\n{failure.check}: {failure.headline}\n{failure.story}")
    passed = sum(record.status == "passed" for record in verdict.records)
    say(f"{passed} of {len(verdict.records)} checks passed. "
        f"Built in {verdict.build_seconds:.1f} s, checked in {verdict.check_seconds:.1f} s.")


def start(options) -> int:
    for exercise in find(REPOSITORY, options.exercise):
        working_copy.start(exercise)
        say(f"my/{exercise.key}/ is yours. Read README.md there, then change the file at YOUR TURN.\n"
            f"Check it with: ./lesson check {exercise.key}")
    return 0


def check(options) -> int:
    builder = Builder(REPOSITORY)
    verdicts = []
    for exercise in find(REPOSITORY, options.exercise) if options.files else begun(options.exercise):
        files = (exercise.files(exercise.folder / options.files) if options.files
                 else working_copy.files_of(exercise.working_copy))
        verdicts.append(runner.check(builder, exercise, files, options.only))
        tell(verdicts[-1])
    if any(verdict.checker_failed for verdict in verdicts):
        return 3
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./lesson", description="Exercises.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("start", help="makes a working copy")
    one.add_argument("exercise")
    one.set_defaults(run=start)
    one = commands.add_parser("check", help="builds a working copy and runs its checks")
    one.add_argument("exercise", nargs="?", default="")
    one.add_argument("--only", default="", metavar="CHECK", help="one check alone")
    one.add_argument("--files", metavar="FOLDER",
                     help="check these files in place of the working copy: solution, wrong/MISTAKE, or a path")
    one.set_defaults(run=check)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except UsageError as error:
        print(f"lesson: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
