"""tools/exercises/prove [EXERCISE...] [--repeat N]: proves that each exercise keeps its promises.

- The page has its parts, and lists the checks that there are.
- The starter compiles without a warning, has one YOUR TURN, and fails exactly the checks that the page marks.
- The solution passes all checks, each time, and the tests of its lesson.
- Each wrong solution fails with its headline, each time.

Everything is built in build/prove/, with warnings as errors. Exit code 1: a promise is broken.
"""

import argparse
import os
import re
import shutil
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import limits
import runner
from builder import Builder, CheckerError
from exercise import Exercise, UsageError, all_exercises, find
from record import ERROR, PASSED, Verdict

REPOSITORY = Path(__file__).resolve().parents[2]
SECTIONS = ["The task", "What you start with", "Not in scope", "Checks", "Hints"]
SECONDS_FOR_TESTS_OF_A_LESSON = 300
SHARDS = 4


def builder_for_proof() -> Builder:
    return Builder(REPOSITORY, REPOSITORY / "build" / "prove", ["-D", "POETRY_WERROR=ON", "-D", "POETRY_PROVE=ON"])


def mistakes_of_page(exercise: Exercise) -> list[str]:
    """What is wrong with the texts and files, before anything is built."""
    try:
        page = exercise.page
    except ValueError as error:
        return [str(error)]
    found = []
    if list(page.sections) != SECTIONS:
        found.append(f"README.md: the sections must be {', '.join(SECTIONS)}")
    if len(page.hints) != 3:
        found.append(f"README.md: {len(page.hints)} hints; there must be 3, each in <details>")
    if not page.checks:
        found.append("README.md: no checks")
    starter, solution = exercise.variant("starter"), exercise.variant("solution")
    turns = sum(contents.count(b"YOUR TURN") for contents in starter.values())
    if turns != 1:
        found.append(f"starter: {turns} times YOUR TURN; there must be 1")
    for name in ["solution", *wrong_names(exercise)]:
        if any(b"YOUR TURN" in contents for contents in exercise.variant(name).values()):
            found.append(f"{name}: YOUR TURN is for the starter")
    new = {line.strip() for name in solution for line in solution[name].decode().splitlines()}
    new -= {line.strip() for name in starter for line in starter[name].decode().splitlines()}
    # The student of an exercise of the kind order writes no new line.
    if new and all(line in " ".join(page.hints) for line in new):
        found.append("README.md: the hints contain the whole solution")
    found += [f"README.md: a hint names `{name}`; the lesson, its chapter and the library do not"
              for name in unknown_names(exercise)]
    if len(wrong_names(exercise)) < 2:
        found.append("wrong: there must be 2 wrong solutions at least")
    for name in wrong_names(exercise):
        if len(expectation(exercise, name)[0].encode()) > runner.HEADLINE_BYTES:
            found.append(f"{name}: the headline has more than {runner.HEADLINE_BYTES} bytes")
    return found


def unknown_names(exercise: Exercise) -> list[str]:
    """The names in the code of the hints that a student has not met: not in the rest of the page, the program, the
    solution, the book up to this lesson, or a header of the library."""
    page = (exercise.folder / "README.md").read_text(encoding="utf-8")
    above, _, hints = page.partition("\n## Hints\n")
    met = [above, *(contents.decode() for name in ("starter", "solution") for contents in exercise.variant(name).values())]
    root = exercise.repository
    chapters = {"blocking-server": 2, "blocking-client": 2, "async-client": 3, "reactor-client-1": 4}
    last = 6 if exercise.name.startswith("get-poem-") else chapters.get(exercise.lesson, 5)
    pages = sorted(root.glob("docs/0*.md"))[:last]
    files = [*pages, *root.glob(f"{exercise.lesson}/README.md"), *root.glob("common/*/*.hpp")]
    met += [path.read_text(encoding="utf-8") for path in files]
    known = set(re.findall(r"\w+", " ".join(met)))
    code = " ".join(fence or span for fence, span in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", hints, re.S))
    return sorted(set(re.findall(r"[A-Za-z_]\w+", re.sub(r"//.*", "", code))) - known)


def wrong_names(exercise: Exercise) -> list[str]:
    return [f"wrong/{path.name}" for path in exercise.wrong_solutions]


def expectation(exercise: Exercise, name: str) -> tuple[str, str]:
    """The headline of a wrong solution, and the cause that its story must give, or an empty string."""
    headline, _, cause = (exercise.folder / name / "headline").read_text(encoding="utf-8").strip().partition("\n")
    return headline, cause


def fits(headline: str, wanted: str) -> bool:
    """{N} in `wanted` stands for a number."""
    pattern = re.escape(wanted).replace(re.escape("{N}"), r"\d[\d,.]*")
    return re.fullmatch(pattern, headline) is not None


def mistakes_of_starter(exercise: Exercise, verdict: Verdict) -> list[str]:
    found = []
    for record in verdict.records:
        promised = exercise.page.checks[record.check]
        if record.status != promised:
            found.append(f"starter: {record.check}: {record.status}; README.md promises {promised}. {record.headline}")
    return found


def mistakes_of_solution(verdict: Verdict) -> list[str]:
    return [f"solution: {record.check}: {record.status}. {record.headline}"
            for record in verdict.records if record.status != PASSED]


def mistakes_of_wrong(exercise: Exercise, name: str, verdict: Verdict) -> list[str]:
    failure = verdict.first_failure
    wanted, cause = expectation(exercise, name)
    if failure is None:
        return [f"{name}: passes all checks"]
    if not fits(failure.headline, wanted):
        return [f"{name}: {failure.check}\n      said:     {failure.headline}\n      expected: {wanted}"]
    if cause not in failure.story:
        return [f"{name}: {failure.check}: the story does not say: {cause}"]
    return []


def mistakes_of_records(verdict: Verdict) -> list[str]:
    """What holds for all records, whatever the program does."""
    found = [f"{record.check}: the headline has {len(record.headline.encode())} bytes: {record.headline}"
             for record in verdict.records if len(record.headline.encode()) > runner.HEADLINE_BYTES]
    found += [f"{record.check}: the checker failed: {record.headline}\n{record.story}"
              for record in verdict.records if verdict.checker_failed and record.status == ERROR]
    return found


class Proof:
    def __init__(self, exercises: list[Exercise], repeat: int):
        self.exercises = exercises
        self.repeat = repeat
        self.builder = builder_for_proof()
        self.mistakes: dict[Exercise, list[str]] = defaultdict(list)
        self.pool = ThreadPoolExecutor(2 * (os.cpu_count() or 2))

    def run(self) -> None:
        for exercise in self.exercises:
            self.mistakes[exercise] += mistakes_of_page(exercise)
        self.exercises = [one for one in self.exercises if not self.mistakes[one]]
        self.round({one: "starter" for one in self.exercises}, 1)
        solved = self.round({one: "solution" for one in self.exercises}, self.repeat)
        self.tests_of_lessons(solved)
        most = max((len(one.wrong_solutions) for one in self.exercises), default=0)
        for number in range(most):
            self.round({one: wrong_names(one)[number] for one in self.exercises
                        if number < len(one.wrong_solutions)}, self.repeat)

    def round(self, names: dict[Exercise, str], repeat: int) -> list[Exercise]:
        """Builds one variant of each exercise and runs its checks. Returns those that have been built."""
        candidates = {exercise: exercise.variant(name) for exercise, name in names.items()}
        broken = self.builder.build_all(candidates)
        for exercise, messages in broken.items():
            self.mistakes[exercise].append(f"{names[exercise]}: does not compile without warnings:\n{messages[:2000]}")
        built = [exercise for exercise in names if exercise not in broken]
        runs = [(exercise, self.pool.submit(runner.run, self.builder, exercise,
                                            to_first=names[exercise].startswith("wrong/")))
                for _ in range(repeat) for exercise in built]
        for exercise, run in runs:
            self.judge(exercise, names[exercise], run.result())
        return built

    def judge(self, exercise: Exercise, name: str, verdict: Verdict) -> None:
        found = mistakes_of_records(verdict)
        if name == "starter":
            found += mistakes_of_starter(exercise, verdict)
        elif name == "solution":
            found += mistakes_of_solution(verdict)
        else:
            found += mistakes_of_wrong(exercise, name, verdict)
        # The same mistake in several runs is reported once.
        self.mistakes[exercise] += [mistake for mistake in found if mistake not in self.mistakes[exercise]]

    def tests_of_lessons(self, solved: list[Exercise]) -> None:
        """Each solution takes the place of the lesson's program, and the lesson's tests run."""
        for exercise in solved:
            if exercise.passes_tests_of_lesson and self.builder.program(exercise).is_file():
                self.builder.build_target(f"{exercise.lesson}-tests")
                shutil.copy2(self.builder.program(exercise), self.builder.folder / "bin" / exercise.lesson)
                failed = self.run_tests(exercise)
                if failed:
                    self.mistakes[exercise].append(f"solution: tests of {exercise.lesson} fail: {', '.join(failed)}")

    def run_tests(self, exercise: Exercise) -> list[str]:
        program = next(self.builder.folder.glob(f"**/{exercise.lesson}-tests"))
        shards = [self.pool.submit(limits.run, [str(program)], SECONDS_FOR_TESTS_OF_A_LESSON,
                                   env=dict(os.environ, GTEST_TOTAL_SHARDS=str(SHARDS), GTEST_SHARD_INDEX=str(index)))
                  for index in range(SHARDS)]
        failed = set()
        for shard in shards:
            ended = shard.result()
            names = re.findall(r"^\[  FAILED  \] ([\w/]+\.[\w/]+)", ended.output, re.M)
            failed |= set(names) or ({ended.stopped or ended.output[-500:]} if ended.exit_code != 0 else set())
        return sorted(failed)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/exercises/prove", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", nargs="*", help="LESSON/NAME; without it, all")
    parser.add_argument("--repeat", type=int, choices=range(1, 101), default=5, metavar="N",
                        help="runs of each solution, right or wrong")
    options = parser.parse_args(arguments)
    try:
        named = [one for word in options.exercise for one in find(REPOSITORY, word)]
    except UsageError as error:
        print(f"prove: {error}", file=sys.stderr)
        return 2
    proof = Proof(named or all_exercises(REPOSITORY), options.repeat)
    begin = time.monotonic()
    try:
        proof.run()
    except CheckerError as error:
        print(f"prove: {error}", file=sys.stderr)
        return 3
    for exercise, mistakes in proof.mistakes.items():
        print(f"{exercise.key}: {'proven' if not mistakes else ''}")
        for mistake in mistakes:
            print(f"  - {mistake}")
    print(f"{sum(not found for found in proof.mistakes.values())} of {len(proof.mistakes)} exercises proven, "
          f"in {time.monotonic() - begin:.0f} s.")
    return 1 if any(proof.mistakes.values()) else 0
