"""An exercise in the tree: where its files are, and what its README.md says."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from record import ERROR, FAILED, PASSED

KINDS = ("predict", "order", "find", "change", "write", "make")  # in this order within a lesson


class UsageError(Exception):
    """The command line names something that does not exist. The message is for the student."""


@dataclass
class Page:
    """What README.md says."""

    kind: str
    minutes: int
    trains: str
    checks: dict[str, str] = field(default_factory=dict)  # name: its status at the start
    hints: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)


def read_page(text: str) -> Page:
    first = re.match(r"(\w+) · (\d+) minutes · trains: (.+)\n", text)
    if not first or first[1] not in KINDS:
        raise ValueError(f"the first line must be: KIND · N minutes · trains: ..., KIND one of {', '.join(KINDS)}")
    page = Page(kind=first[1], minutes=int(first[2]), trains=first[3])
    parts = re.split(r"^## (.+)\n", text, flags=re.M)
    page.sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2])))
    for line in page.sections.get("Checks", "").splitlines():
        check = re.match(r"- `(\w+)`( \(red at the start(, hangs|, crashes)?\))?: ", line)
        if check:
            page.checks[check[1]] = ERROR if check[3] else FAILED if check[2] else PASSED
    page.hints = re.findall(r"</summary>\n\n(.*?)\n\n</details>", page.sections.get("Hints", ""), re.S)
    return page


@dataclass(frozen=True)
class Exercise:
    repository: Path
    lesson: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.lesson}/{self.name}"

    @property
    def target(self) -> str:
        """The name of its program in the build."""
        return f"{self.lesson}.{self.name}"

    @property
    def folder(self) -> Path:
        return self.repository / self.lesson / "exercises" / self.name

    @property
    def working_copy(self) -> Path:
        return self.repository / "my" / self.lesson / self.name

    @property
    def page(self) -> Page:
        try:
            return read_page((self.folder / "README.md").read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{self.folder / 'README.md'}: {error}") from error

    @property
    def wrong_solutions(self) -> list[Path]:
        wrong = self.folder / "wrong"
        return sorted(path for path in wrong.iterdir() if path.is_dir()) if wrong.is_dir() else []

    def variant(self, name: str) -> dict[str, bytes]:
        """All files of the program with those of starter, solution or wrong/MISTAKE."""
        folder = self.folder / name
        return self.files({path.name: path.read_bytes() for path in sorted(folder.iterdir())
                           if path.is_file() and path.name != "headline"})

    @property
    def to_write(self) -> list[str]:
        """The names of the files that the student writes: those of the starter."""
        return sorted(path.name for path in (self.folder / "starter").iterdir())

    def files(self, own: dict[str, bytes]) -> dict[str, bytes]:
        """All files of the program: `own`, and what it starts from. The files that the student writes come from
        `own` alone."""
        base = {path.name: path.read_bytes() for path in self._starts_from() if path.name not in self.to_write}
        return base | own

    @property
    def _settings(self) -> dict:
        """exercise.json, for what is not as usual."""
        path = self.folder / "exercise.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    @property
    def passes_tests_of_lesson(self) -> bool:
        """The solution is still the lesson's program, unless it starts from other files."""
        return "from" not in self._settings and self.page.kind != "predict"

    def _starts_from(self) -> list[Path]:
        """The lesson's own sources. exercise.json can name other files, or none: {"from": []}."""
        if "from" in self._settings:
            return [self.repository / name for name in self._settings["from"]]
        if self.page.kind == "predict":
            return []
        lesson = self.repository / self.lesson
        listed = re.search(rf"poetry_program\({self.lesson} ([^)]*)\)", (lesson / "CMakeLists.txt").read_text())
        sources = [lesson / name for name in listed[1].split()] if listed else []
        headers = [path.with_suffix(".hpp") for path in sources if path.with_suffix(".hpp").is_file()]
        return sources + headers


HELPERS = Path(__file__).resolve().parents[1] / "helpers.sh"
LESSONS = re.search(r"^lessons='(.*)'", HELPERS.read_text(), re.M)[1].split()


def all_exercises(repository: Path) -> list[Exercise]:
    """In the order of the lessons, then of the kinds, then as the minutes grow."""
    found = []
    for lesson in LESSONS:
        of_lesson = [Exercise(repository, lesson, page.parent.name)
                     for page in (repository / lesson / "exercises").glob("*/README.md")]
        found += sorted(of_lesson, key=lambda exercise: (KINDS.index(exercise.page.kind), exercise.page.minutes, exercise.name))
    return found


def find(repository: Path, word: str) -> list[Exercise]:
    """The exercises that `word` names: LESSON/NAME, LESSON, its number, or NAME if only one has it."""
    everything = all_exercises(repository)
    numbers = {str(number): lesson for number, lesson in enumerate(LESSONS, 1)}
    lesson = numbers.get(word) or word.rstrip("/").removeprefix("my/")
    found = [one for one in everything if lesson in (one.key, one.lesson)]
    found = found or [one for one in everything if one.name == lesson]
    if not found or (len(found) > 1 and found[0].name == lesson):
        names = "\n  ".join(one.key for one in found or everything)
        raise UsageError(f"there is no exercise '{word}'; the exercises are\n  {names}")
    return found
