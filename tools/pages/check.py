#!/usr/bin/env python3
"""Compares every page (*.md) of the repository with the files, programs and names that it mentions.

    tools/pages/check.py [ROOT]

Prints a line for each mistake, with the file, the line and the way out, and exits with 1 if there is one.
The word behind ``` says what a fence contains:

    cpp title="PATH"            lines of this file, unchanged; a line `// ...` or `...` stands for lines left out
    diff title="A -> B"         the difference between two files, or between the programs of two lessons
    sh title="first terminal"   commands that stay running; transcripts.py runs them
    sh title="second terminal"  commands that transcripts.py runs to their end; so is title="terminal"
    sh                          commands to paste, which no check runs
    text                        what the terminal fence before it printed; with title="first terminal", what the
                                last first terminal printed
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True

import commands
import exercises
import figures
import links
import names
import quotes
import terms
import wording
from repository import Repository

CHECKS = (quotes, links, figures, names, terms, commands, wording, exercises)


def main(arguments):
    root = arguments[0] if arguments else Path(__file__).resolve().parents[2]
    repository = Repository(root)
    found = [problem for check in CHECKS for problem in check.problems(repository)]
    for problem in found:
        print(problem)
    print(f"{len(repository.pages)} pages, {len(found)} mistakes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
