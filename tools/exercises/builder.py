"""Builds what is checked, in build/exercises/.

The files under test are copied to build/exercises/candidates/LESSON/NAME/. A file that is the same keeps its
time, so after an edit only the edited file is compiled.
"""

import fcntl
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import limits
from exercise import Exercise

MOST_SECONDS_FIRST = 3600  # of a build of the library
MOST_MEMORY = 4 << 30  # bytes, of each process: #include "/dev/zero" would take all that there is
MOST_SECONDS = 600  # of a later build, perhaps of all of it: a submission can keep the compiler busy without end


class BuildError(Exception):
    """The program under test does not compile. The message is the compiler's."""


class CheckerError(Exception):
    """The checker itself failed."""


class Builder:
    def __init__(self, repository: Path, folder: Path | None = None, settings: list[str] | None = None):
        """`settings`: more arguments for CMake."""
        self.repository = repository
        self.folder = folder or repository / "build" / "exercises"
        self.settings = settings or []
        self.messages = ""  # of the last build

    def candidate(self, exercise: Exercise) -> Path:
        return self.folder / "candidates" / exercise.lesson / exercise.name

    def program(self, exercise: Exercise) -> Path:
        return self.folder / "bin" / exercise.target

    def checks(self, exercise: Exercise) -> Path:
        return self.folder / "bin" / f"check.{exercise.target}"

    def is_new(self) -> bool:
        """True if the library has to be compiled first."""
        return not any((self.folder / "bin").glob("*"))

    @contextmanager
    def locked(self):
        """One check at a time: a second terminal waits."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("lesson: another check is running; waiting for its end", file=sys.stderr, flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def build(self, exercise: Exercise, files: dict[str, bytes]) -> str:
        """Builds the checks and, if there are C++ files, the program. Returns the compiler's warnings. Raises
        BuildError or CheckerError."""
        broken = self.build_all({exercise: files})
        if broken:
            raise BuildError(broken[exercise])
        return self.readable(exercise, self.messages) if " warning: " in self.messages else ""

    def build_all(self, candidates: dict[Exercise, dict[str, bytes]]) -> dict[Exercise, str]:
        """The same for several exercises at a time. Returns the compiler's messages for those that do not
        compile. Raises CheckerError."""
        for exercise, files in candidates.items():
            self.place(exercise, files)
        self.configure()
        checks = [f"check.{exercise.target}" for exercise in candidates]
        programs = [exercise for exercise, files in candidates.items() if any(name.endswith(".cpp") for name in files)]
        done = self._make([*checks, *(exercise.target for exercise in programs)])
        self.messages = done.stdout
        if done.returncode == 0:
            return {}
        self.build_target(*checks, "poetry_exercise_headers", "poetry_cli")
        broken = {}
        for exercise in programs:
            done = self._make([exercise.target])
            if done.returncode != 0:
                broken[exercise] = self.readable(exercise, done.stdout)
        return broken

    def build_target(self, *targets: str) -> None:
        """Builds something of ours. Raises CheckerError."""
        done = self._make([*targets])
        if done.returncode != 0:
            raise CheckerError("the checks do not compile:\n" + done.stdout)

    def place(self, exercise: Exercise, files: dict[str, bytes]) -> None:
        folder = self.candidate(exercise)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.name not in files:
                path.unlink()
        for name, contents in files.items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != contents:
                path.write_bytes(contents)

    def configure(self) -> None:
        """CMake has to run again when there is another set of files."""
        files = sorted(str(path) for path in self.repository.glob("*/exercises/*/check/*.cpp"))
        files += sorted(str(path) for path in (self.folder / "candidates").glob("*/*/*.cpp"))
        listing = self.folder / "files.txt"
        if listing.is_file() and listing.read_text() == "\n".join(files):
            return
        cache = self.folder / "CMakeCache.txt"
        source = self.repository / "tools" / "exercises"
        moved = cache.is_file() and f"CMAKE_HOME_DIRECTORY:INTERNAL={source}\n" not in cache.read_text()
        command = ["cmake", "-S", str(source), "-B", str(self.folder), *self.settings, *["--fresh"] * moved]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise CheckerError("CMake could not configure build/exercises/:\n" + done.stdout)
        listing.write_text("\n".join(files))

    def _make(self, targets: list[str]) -> subprocess.CompletedProcess:
        command = ["prlimit", f"--as={MOST_MEMORY}", "cmake", "--build", str(self.folder),
                   "--parallel", str(os.cpu_count() or 2), "--target", *targets]
        seconds = MOST_SECONDS_FIRST if self.is_new() else MOST_SECONDS
        done = limits.run(command, seconds, confined=False)
        output = done.output + f"error: the compiler was stopped: {done.stopped}\n" * bool(done.stopped)
        return subprocess.CompletedProcess(command, done.exit_code, output)

    def readable(self, exercise: Exercise, messages: str) -> str:
        """The compiler's messages with the names of the student's files, without those of make."""
        folder = f"candidates/{exercise.lesson}/{exercise.name}/"
        messages = re.sub(rf"(^In file included from |^ +from |^|: )[^:\n]*{re.escape(folder)}", r"\1", messages, flags=re.M)
        lines = [line for line in messages.splitlines()
                 if not re.match(r"\[ *\d+%\]|g?make|Consolidate|Scanning|cc1plus: (all|some) |compilation terminated", line)]
        return "\n".join(lines)
