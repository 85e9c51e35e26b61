"""Builds and runs the checks of an exercise, and makes its records."""

import json
import os
import re
import tempfile
import time
from pathlib import Path

import limits
import working_copy
from builder import BuildError, Builder, CheckerError
from exercise import Exercise
from record import BUILD, ERROR, PASSED, SKIPPED, Record, Verdict

MOST_SECONDS = 60  # for all checks of an exercise
HEADLINE_BYTES = 100


def check(builder: Builder, exercise: Exercise, files: dict[str, bytes], only: str = "", alone: bool = False) -> Verdict:
    """Builds `files` as the program of `exercise` and runs its checks; `only`: one check alone."""
    begin = time.monotonic()
    for name in exercise.to_write:
        if name not in files:
            return Verdict(exercise.key, missing(exercise, names(exercise, only), name))
    with builder.locked():
        try:
            warnings = builder.build(exercise, files)
        except BuildError as error:
            return Verdict(exercise.key, not_compiled(exercise, names(exercise, only), str(error)), time.monotonic() - begin)
        except CheckerError as error:
            record = Record(exercise.key, "", ERROR, "The checker failed.", str(error)[-1500:])
            return Verdict(exercise.key, [record], time.monotonic() - begin, checker_failed=True)
        seconds = time.monotonic() - begin
        verdict = run(builder, exercise, only, alone)
    verdict.build_seconds = seconds
    verdict.warnings = warnings
    return verdict


def names(exercise: Exercise, only: str) -> list[str]:
    return [only] if only else list(exercise.page.checks)


def run(builder: Builder, exercise: Exercise, only: str = "", alone: bool = False, to_first: bool = False) -> Verdict:
    """Runs the checks of what is built. `alone`: without a network and away from other processes. `to_first`: to
    the first one that fails."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="poetry-check-") as folder:
        path = Path(folder) / "records"
        # Variables of GoogleTest may choose other checks or another order.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GTEST_")}
        environment["POETRY_EXERCISE_RECORDS"] = str(path)
        command = [str(builder.checks(exercise)), f"--gtest_filter=*.{only or '*'}", *["--gtest_fail_fast"] * to_first]
        ended = limits.run(command, MOST_SECONDS, alone, env=environment, cwd=builder.repository)
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1] if path.is_file() else []
    found = {}
    for line in lines:
        record = Record(exercise=exercise.key, **json.loads(line))
        found[record.check] = record
    wanted = names(exercise, only)
    # The checker itself ended, or was ended, before it had a verdict on each check.
    complaint = ended.stopped or f"exit code {ended.exit_code}\n{ended.output[-1000:]}"
    headline = f"Stopped: {ended.stopped}." if ended.stopped else "The checker ended before it had a verdict."
    missing_ones = [name for name in wanted if name not in found]
    records = [found.get(name) or Record(exercise.key, name, SKIPPED, "Not run.") for name in wanted]
    all_passed = all(record.status == PASSED for record in found.values())
    was_cut = to_first and not all_passed
    if missing_ones and not was_cut:
        at = wanted.index(missing_ones[0])
        records[at] = Record(exercise.key, wanted[at], ERROR, headline, complaint)
    # The page lists the checks in the order in which they run.
    is_complete = list(found) == (wanted[:len(found)] if was_cut else wanted)
    failed = not ended.stopped and (not is_complete or (ended.exit_code == 0) != all_passed)
    return Verdict(exercise.key, records, check_seconds=time.monotonic() - begin, checker_failed=failed)


def missing(exercise: Exercise, checks: list[str], name: str) -> list[Record]:
    headline = f"There is no file {name}, or it is larger than {working_copy.MOST_BYTES >> 20} MiB."
    return nothing_run(exercise, checks, headline, "", f"there is no file {name}")


def not_compiled(exercise: Exercise, checks: list[str], messages: str) -> list[Record]:
    # All errors in files of the student. Without one, the error is in a header: first the lines that name a file of
    # the student, then all that the compiler and the linker have said.
    parts = re.split(r"^(?=\S.*:\d+:\d+: |In file included)", messages, flags=re.M)
    own = [part for part in parts if re.match(r"[\w.-]+:\d+:\d+: (fatal )?error: ", part)]
    users = [line + "\n" for line in messages.splitlines() if re.match(r"[\w.-]+:\d+:\d+: ", line)]
    errors = [line + "\n" for line in messages.splitlines() if ": error: " in line]
    if not own:
        messages = "".join(errors + users) + messages
    place = (own or users)[0].split(":")[:2] if own or users else []
    headline = "The program does not compile" + f": {':'.join(place)}" * bool(place) + "."
    story = "\n" + cut("".join(own) or messages, 1200) + f"\n\n  a hint    ./lesson hint {exercise.key}\n"
    return nothing_run(exercise, checks, headline, story, "the program does not compile")


def nothing_run(exercise: Exercise, checks: list[str], headline: str, story: str, reason: str) -> list[Record]:
    return [Record(exercise.key, BUILD, ERROR, headline, story),
            *(Record(exercise.key, name, SKIPPED, f"Not run: {reason}.") for name in checks)]


def cut(text: str, most: int) -> str:
    """`text`, cut to at most `most` bytes."""
    raw = text.encode()
    return text if len(raw) <= most else raw[:most - 3].decode(errors="ignore") + "..."
