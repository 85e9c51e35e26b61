"""Runs the checks of an exercise and reads their records."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from builder import Builder, BuildError, CheckerError
from exercise import Exercise
from record import ERROR, SKIPPED, Record, Verdict

SECONDS_FOR_ALL_CHECKS = 60


def check(builder: Builder, exercise: Exercise, files: dict[str, bytes], only: str = "") -> Verdict:
    """Builds `files` as the program of `exercise` and runs its checks; `only`: one check alone."""
    names = [only] if only else list(exercise.page.checks)
    begin = time.monotonic()
    try:
        with builder.locked():
            builder.build(exercise, files)
            built = time.monotonic()
            records, complaint = run(builder, exercise, only)
    except BuildError as error:
        return Verdict(exercise.key, not_compiled(exercise, names, str(error)), time.monotonic() - begin)
    except CheckerError as error:
        record = Record(exercise.key, names[0], ERROR, "The checker failed.", str(error)[-1500:])
        return Verdict(exercise.key, [record], time.monotonic() - begin, checker_failed=True)
    verdict = Verdict(exercise.key, [], built - begin, time.monotonic() - built)
    by_name = {record.check: record for record in records}
    for name in names:
        missing = Record(exercise.key, name, ERROR, "The checker ended before it had a verdict.", complaint)
        verdict.checker_failed |= name not in by_name
        verdict.records.append(by_name.get(name, missing))
    return verdict


def not_compiled(exercise: Exercise, names: list[str], messages: str) -> list[Record]:
    """An error for the first check; the others were not run."""
    found = re.search(r"^([\w./]+:\d+):\d+: (?:fatal )?error: (.*)$|(undefined reference to .*)$", messages, re.M)
    where = f"{found[1]}: {found[2]}" if found and found[1] else found[3] if found else "see below"
    headline = cut(f"It does not compile. {where}", 100)
    story = "\n" + cut(messages, 1200) + f"\n\n  a hint    ./lesson hint {exercise.key}\n"
    skipped = [Record(exercise.key, name, SKIPPED, "Not run, because the program does not compile.") for name in names[1:]]
    return [Record(exercise.key, names[0], ERROR, headline, story), *skipped]


def cut(text: str, most: int) -> str:
    """`text` with at most so many bytes."""
    raw = text.encode()
    return text if len(raw) <= most else raw[:most - 3].decode(errors="ignore") + "..."


def run(builder: Builder, exercise: Exercise, only: str) -> tuple[list[Record], str]:
    """The records, and what the checks printed."""
    with tempfile.TemporaryDirectory(prefix="poetry-check-") as folder:
        records = Path(folder) / "records"
        environment = dict(os.environ, POETRY_EXERCISE_RECORDS=str(records))
        command = [str(builder.checks(exercise)), f"--gtest_filter=*.{only or '*'}"]
        output, _ = run_limited(command, environment, SECONDS_FOR_ALL_CHECKS)
        lines = records.read_text().splitlines() if records.is_file() else []
        return [Record(exercise=exercise.key, **json.loads(line)) for line in lines], output[-1500:]


def run_limited(command: list[str], environment: dict[str, str], seconds: float) -> tuple[str, int]:
    """What the command printed, and its exit code. Kills it and its children after `seconds`."""
    process = subprocess.Popen(command, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        output += f"\nended after {seconds:.0f} s"
    return output, process.returncode
