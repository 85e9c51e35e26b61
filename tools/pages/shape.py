"""Compares the transcript on a page with what the programs print now.

Times, pointers, ports that the system chose and the sizes of chunks differ from run to run, and so does the order in which
several tasks make progress. The rest is the shape of a transcript, which stays.
"""

import re
from collections import Counter

LEFT_OUT = re.compile(r"\((\d+) lines left out\)")
VARYING = (
    (re.compile(r"\d+:\d\d:\d\d\.\d+|\b\d+(\.\d+)? (s|ms|µs|seconds)\b"), "TIME"),
    (re.compile(r"(?<=[\w\]]:)(?!1000\d\b)\d{4,5}\b"), "PORT"),
    (re.compile(r"(?<=lost after )\d+(?= bytes)"), "N"),
    (re.compile(r"\b0x[0-9a-f]+\b"), "POINTER"),
    (re.compile(r'(?<=, )"[^"]+"(?:\.\.\.)?(, .*\)) = [1-9]\d*$'), r"CHUNK\1 = N"),  # strace
    (re.compile(r"\s+"), " "),
    (re.compile(r" $"), ""),
)
# The size of a chunk; how many calls it took to read all of them; how often a loop that does not sleep did something.
COUNT = re.compile(r"(?<=: got )\d+(?= bytes)|\b\d{2,}(?= calls\b)|\b\d{6,}\b")
TASK = ((re.compile(r"\bTask \d+"), "Task N"), (re.compile(r":1000\d\b"), ":PORT"))


def normalised(line, lengths):
    """The line with words in place of what varies. `lengths` are those of whole poems, which do not vary."""
    line = _replace(line, VARYING)
    return COUNT.sub(lambda match: match[0] if match[0] in lengths else "N", line)


def mistake(shown, printed, lengths):
    """What is wrong with a transcript, or None."""
    if sum(bool(LEFT_OUT.fullmatch(line)) for line in shown) > 1:
        return "a transcript has at most one line (N lines left out)"
    head, left_out, tail = _split(shown)
    real = [normalised(line, lengths) for line in printed]
    expected = [normalised(line, lengths) for line in head + tail]
    missing = Counter(expected) - Counter(real)
    if missing:
        line = next(line for line, text in zip(head + tail, expected) if text in missing)
        return f"the run does not print, or not as often: {line}"
    if left_out is None:
        added = Counter(real) - Counter(expected)
        return f"the run also prints: {next(iter(added))}" if added else None
    return _mistake_of_excerpt(head, left_out, tail, printed, lengths)


def _mistake_of_excerpt(head, left_out, tail, printed, lengths):
    for part, position in (head, 0), (tail, -1):
        if part and _place(part[position], lengths) != _place(printed[position], lengths):
            which = "last" if position else "first"
            return f"the {which} line of the run is: {printed[position]}"
    count = len(printed) - len(head) - len(tail)
    if abs(count - left_out) > max(2, count // 5):
        return f"{left_out} lines are left out here, and {count} of the run"
    return None


def rewritten(shown, printed):
    """What the run printed, shortened as the transcript is."""
    head, left_out, tail = _split(shown)
    count = len(printed) - len(head) - len(tail)
    if left_out is None or count < 1:
        return printed
    return [*printed[: len(head)], f"({count} lines left out)", *printed[len(printed) - len(tail) :]]


def _split(shown):
    """The lines before and after the one that stands for those left out, and how many these are."""
    for index, line in enumerate(shown):
        match = LEFT_OUT.fullmatch(line)
        if match:
            return shown[:index], int(match[1]), shown[index + 1 :]
    return shown, None, []


def _place(line, lengths):
    """Which task makes progress first differs, too."""
    return _replace(normalised(line, lengths), TASK)


def _replace(line, replacements):
    for expression, word in replacements:
        line = expression.sub(word, line)
    return line
