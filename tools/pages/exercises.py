"""Each exercise is on the lab sheet of its lesson, and has the same number of minutes on every page.

A page gives minutes behind the link to an exercise: [time-limit](...), 20 min.
"""

import re

from links import target_of
from markdown import LINK

PAGE = re.compile(r"([\w-]+)/exercises/[\w-]+/README\.md$")
FIRST_LINE = re.compile(r"\w+ · (\d+) minutes · ")
MINUTES = re.compile(r", (\d+) min\b")


def problems(repository):
    minutes = {}
    sheets = {page.name: {target_of(page, link.target) for link in page.links()} for page in repository.pages}
    for page in repository.pages:
        if lesson := PAGE.match(page.name):
            first = FIRST_LINE.match(repository.text(page.name))
            minutes[page.name] = first[1] if first else ""
            sheet = f"{lesson[1]}/README.md"
            if page.name not in sheets.get(sheet, ()):
                yield f"{sheet}: the exercise {page.name} is missing; add a link to it"
    for page in repository.pages:
        for number, line in enumerate(repository.text(page.name).splitlines(), start=1):
            for link in LINK.finditer(line):
                exercise, said = target_of(page, link[3]), MINUTES.match(line, link.end())
                if said and exercise in minutes and said[1] != minutes[exercise]:
                    yield f"{page.name}:{number}: {exercise} says {minutes[exercise]} minutes; write {minutes[exercise]} min"
