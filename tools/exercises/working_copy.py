"""The student's own copy of an exercise: my/LESSON/NAME/, which git ignores."""

import time
from pathlib import Path

from exercise import Exercise, UsageError

CMAKE = """\
# Builds this exercise alone, and checks it:
#   cmake -S . -B build && cmake --build build && ctest --test-dir build
cmake_minimum_required(VERSION 3.25)
project({name} LANGUAGES CXX)
set(POETRY_REPOSITORY "${{CMAKE_CURRENT_LIST_DIR}}/../../.." CACHE PATH "Where the lessons are")
include("${{POETRY_REPOSITORY}}/tools/exercises/working_copy.cmake")
poetry_working_copy({key})
"""


def start(exercise: Exercise) -> None:
    copy = exercise.working_copy
    if copy.exists():
        raise UsageError(f"my/{exercise.key}/ is there already. Start again with: ./lesson reset {exercise.key}")
    copy.mkdir(parents=True)
    for name, contents in exercise.files(exercise.folder / "starter").items():
        (copy / name).write_bytes(contents)
    (copy / "README.md").write_bytes((exercise.folder / "README.md").read_bytes())
    (copy / "CMakeLists.txt").write_text(CMAKE.format(name=exercise.name, key=exercise.key))


def reset(exercise: Exercise) -> Path:
    """Starts again. What was there is kept; returns its folder."""
    copy = exercise.working_copy
    kept = copy.with_name(f"{copy.name}.{time.strftime('%Y-%m-%d-%H%M%S')}")
    copy.rename(kept)
    start(exercise)
    return kept


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a program in `folder`: sources and answers."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())
            if path.is_file() and path.suffix in (".cpp", ".hpp", ".txt") and path.name != "CMakeLists.txt"}
