"""The student's own copy of an exercise: my/LESSON/NAME/, which git ignores."""

import itertools
import json
import re
import shutil
from pathlib import Path

from builder import Builder, CheckerError
from exercise import Exercise, UsageError

CMAKE = """\
# Builds this exercise alone, and checks it:
#   cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure
cmake_minimum_required(VERSION 3.25)
project({name} LANGUAGES CXX)
set(POETRY_REPOSITORY "${{CMAKE_CURRENT_LIST_DIR}}/../../.." CACHE PATH "Where the lessons are")
include("${{POETRY_REPOSITORY}}/tools/exercises/working_copy.cmake")
poetry_working_copy({key})
"""

MOST_BYTES = 1 << 20  # of a file


def start(exercise: Exercise) -> None:
    copy = exercise.working_copy
    if copy.exists():
        raise UsageError(f"my/{exercise.key}/ already exists; to start again, and keep your files: ./lesson reset "
                         f"{exercise.key}")
    copy.mkdir(parents=True)
    for name, contents in exercise.variant("starter").items():
        (copy / name).write_bytes(contents)
    (copy / "README.md").write_bytes((exercise.folder / "README.md").read_bytes())
    (copy / "CMakeLists.txt").write_text(CMAKE.format(name=exercise.name, key=exercise.key))


def reset(exercise: Exercise) -> Path:
    """Starts again. Keeps the old copy, and returns the folder that it is in now."""
    copy = exercise.working_copy
    folder = exercise.repository / "my" / "kept"
    folder.mkdir(exist_ok=True)
    numbers = (folder / f"{exercise.target}.{number}" for number in itertools.count(1))
    kept = next(path for path in numbers if not path.exists())
    copy.rename(kept)
    start(exercise)
    if (kept / "build" / "CMakeCache.txt").is_file():
        shutil.rmtree(kept / "build")
    return kept


def own_files(folder: Path) -> list[Path]:
    """The sources and answers in `folder`, without what editors put beside them."""
    return sorted(path for path in folder.iterdir()
                  if re.fullmatch(r"\w[\w.-]*\.(cpp|hpp|txt)", path.name, re.ASCII) and path.name != "CMakeLists.txt")


def files_of(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in own_files(folder):
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                found[path.name] = path.read_bytes()
        except FileNotFoundError:  # an editor has just replaced it
            pass
    return found


def times(folder: Path) -> dict[str, int]:
    """When each file was written, to notice a save."""
    found = {}
    for path in own_files(folder):
        try:
            found[path.name] = path.stat().st_mtime_ns
        except FileNotFoundError:
            pass
    return found


def write_compile_commands(builder: Builder, exercise: Exercise) -> None:
    """For editors: how the working copy's own files are compiled. Nothing if CMake cannot say."""
    try:
        with builder.locked():
            builder.place(exercise, files_of(exercise.working_copy))
            builder.configure()
        commands = json.loads((builder.folder / "compile_commands.json").read_text())
    except (CheckerError, OSError):
        return
    candidate, copy = str(builder.candidate(exercise)), str(exercise.working_copy)
    mine = [{key: value.replace(candidate, copy) for key, value in command.items()}
            for command in commands if command["file"].startswith(candidate + "/")]
    (exercise.working_copy / "compile_commands.json").write_text(json.dumps(mine, indent=1) + "\n")
