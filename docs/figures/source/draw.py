#!/usr/bin/env python3
"""Writes the figures of the book: docs/figures/NAME.svg from docs/figures/source/NAME.py.

With --check it writes nothing, and fails if a figure is not what its source draws."""

import runpy
import sys
from pathlib import Path

sys.dont_write_bytecode = True
SOURCES = Path(__file__).resolve().parent
FIGURES = SOURCES.parent
HELPERS = {"draw.py", "drawing.py"}
MEASURED = {"dispatch-cost.svg"}  # tools/benchmarks/draw writes it


def drawings():
    """What the sources draw: the text of each figure under the name of its file."""
    sys.path.insert(0, str(SOURCES))  # for `import drawing`
    result = {}
    for source in sorted(SOURCES.glob("*.py")):
        if source.name in HELPERS:
            continue
        module = runpy.run_path(str(source))
        for figure in module.get("figures") or [module["figure"]]:
            if not figure.name.startswith(source.stem):
                raise SystemExit(f"{source.name} draws {figure.name}, which has another name")
            result[f"{figure.name}.svg"] = figure.svg()
    return result


def check(expected):
    """One line for each figure that is not what its source draws."""
    problems = []
    for name, text in expected.items():
        file = FIGURES / name
        if not file.exists():
            problems.append(f"docs/figures/{name}: missing")
        elif file.read_text(encoding="utf-8") != text:
            problems.append(f"docs/figures/{name}: not what its source draws")
    for file in sorted(FIGURES.glob("*.svg")):
        if file.name not in expected and file.name not in MEASURED:
            problems.append(f"docs/figures/{file.name}: no source draws it")
    return problems


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: draw.py [--check]", file=sys.stderr)
        return 2
    expected = drawings()
    if arguments:
        problems = check(expected)
        for problem in problems:
            print(problem, file=sys.stderr)
        if problems:
            print("python3 docs/figures/source/draw.py writes the figures again", file=sys.stderr)
        return 1 if problems else 0
    for name, text in expected.items():
        (FIGURES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
