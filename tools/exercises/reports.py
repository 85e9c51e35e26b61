"""Writes records: as text, as JUnit XML, for Gradescope, and as a table."""

import csv
import json
import os
import re
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from record import BUILD, ERROR, FAILED, PASSED, SKIPPED, Record, Verdict


MOST_BYTES = 2000  # of what a student reads


def text(verdict: Verdict) -> str:
    """A line for each check, the story of the first failure, and the times."""
    lines = [verdict.exercise, *(f"  {record.status:8}{record.check}" for record in verdict.records)]
    failure = verdict.first_failure
    if failure:
        lines += ["", f"{failure.check}: {failure.headline}", failure.story.rstrip("\n"), ""]
    room = MOST_BYTES - len("\n".join(lines).encode()) - 150
    if verdict.warnings and room > 0:
        lines += ["", "The compiler warns:", verdict.warnings.encode()[:room].decode(errors="ignore"), ""]
    passed = sum(record.status == PASSED for record in verdict.checks)
    lines.append(f"{passed} of {len(verdict.checks)} checks passed. "
                 f"Built in {verdict.build_seconds:.1f} s, checked in {verdict.check_seconds:.1f} s.")
    return "\n".join(lines) + "\n"


def junit(verdicts: list[Verdict]) -> str:
    """<failure> for a check that failed, <error> for a hang, a crash, or a program that does not compile."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for verdict in verdicts:
        lesson, name = verdict.exercise.split("/")
        count = {status: sum(record.status == status for record in verdict.records)
                 for status in (FAILED, ERROR, SKIPPED)}
        lines.append(f'  <testsuite name={attribute(verdict.exercise)} tests="{len(verdict.records)}" '
                     f'failures="{count[FAILED]}" errors="{count[ERROR]}" skipped="{count[SKIPPED]}" '
                     f'time="{verdict.build_seconds + verdict.check_seconds:.3f}">')
        for record in verdict.records:
            lines.append(f'    <testcase classname={attribute(lesson)} name={attribute(f"{name}: {record.check}")} '
                         f'time="{record.seconds:.3f}">{outcome(record)}</testcase>')
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def outcome(record: Record) -> str:
    if record.status == SKIPPED:
        return f"<skipped message={attribute(record.headline)}/>"
    tag = {FAILED: "failure", ERROR: "error"}.get(record.status)
    return f"<{tag} message={attribute(record.headline)}>{escape(xml_text(record.story))}</{tag}>" if tag else ""


def attribute(value: str) -> str:
    return quoteattr(xml_text(value))


def xml_text(value: str) -> str:
    """XML has no way to write most control characters."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", value)


def gradescope(verdicts: list[Verdict]) -> str:
    """results.json: a point for each check."""
    tests = [{"name": f"{record.exercise}: {record.check}",
              "score": int(record.status == PASSED),
              "max_score": int(record.check != BUILD),
              "status": "passed" if record.status == PASSED else "failed",
              "output": f"{record.headline}\n{record.story}".strip()}
             for verdict in verdicts for record in verdict.records]
    return json.dumps({"tests": tests, "visibility": "visible"}, indent=1) + "\n"


COLUMNS = ["submission", "exercise", "passed", "checks", "status", "first_failure", "headline", "seconds", "note"]


class Table:
    """Comma-separated values: a row for each submission and exercise, written as soon as it is known."""

    def __init__(self, file: TextIO):
        self.file = file
        self.writer = csv.writer(file, lineterminator="\n")
        self.writer.writerow(COLUMNS)

    def add(self, submission: str, verdict: Verdict, note: str = "") -> None:
        failure = verdict.first_failure
        passed = sum(record.status == PASSED for record in verdict.checks)
        self.writer.writerow([submission, verdict.exercise, passed, len(verdict.checks),
                              failure.status if failure else PASSED, failure.check if failure else "",
                              failure.headline if failure else "",
                              f"{verdict.build_seconds + verdict.check_seconds:.1f}", note])
        self.file.flush()


def write(path: str, contents: str) -> None:
    """A reader never sees half of a file."""
    target = Path(path)
    new = target.with_name(f"{target.name}.{os.getpid()}.new")
    new.write_text(contents, encoding="utf-8")
    new.replace(target)
