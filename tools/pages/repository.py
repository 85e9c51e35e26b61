"""The files of the repository, as the checks of the pages see them."""

import functools
import os
import re
from pathlib import Path

from markdown import Page

SOURCE_SUFFIXES = {".cpp", ".hpp", ".cmake", ".go", ".sh", ".js", ".mjs", ".css", ".html", ".json", ".py", ".yml"}
SOURCE_NAMES = {"CMakeLists.txt", "Dockerfile"}
WORD = re.compile(r"[A-Za-z_]\w*")
# A string, or a comment. A comment marker inside a string begins no comment.
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


class Repository:
    def __init__(self, root):
        self.root = Path(root)

    @functools.cached_property
    def files(self):
        """The paths of all files, relative to the root; without hidden folders and build folders."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if not _is_skipped(Path(folder, name))]
            found += [Path(folder, name).relative_to(self.root).as_posix() for name in names]
        return sorted(found)

    @functools.cache
    def text(self, path):
        """The text of a file; "" if there is none."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def exists(self, path):
        return (self.root / path).exists()

    @functools.cache
    def page(self, path):
        return Page(self.text(path), path)

    @functools.cached_property
    def pages(self):
        return [self.page(path) for path in self.files if path.endswith(".md")]

    @functools.cached_property
    def sources(self):
        return [path for path in self.files if self._is_source(path)]

    def _is_source(self, path):
        name, suffix = os.path.basename(path), os.path.splitext(path)[1]
        if path.startswith("tools/pages/") and name.endswith("_test.py"):
            return False  # these tests contain wrong names
        if name in SOURCE_NAMES or suffix in SOURCE_SUFFIXES:
            return True
        return suffix == "" and self.text(path).startswith("#!")

    @functools.cache
    def words(self, path):
        """The words of a source file. A word that only a C++ comment contains names nothing."""
        text = self.text(path)
        if path.endswith((".cpp", ".hpp")):
            text = STRING_OR_COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)
        return set(WORD.findall(text))

    @functools.cached_property
    def lessons(self):
        line = re.search(r"^lessons='([^']*)'", self.text("tools/helpers.sh"), re.MULTILINE)
        return line[1].split() if line else []

    @functools.cached_property
    def programs(self):
        """The programs of the lessons and of the book: a map from the name to the file with its main function."""
        found = {}
        for path in self.files:
            if os.path.dirname(path) == "docs/code" and "\nint main(" in self.text(path):
                found[Path(path).stem.replace("_", "-")] = path
            if os.path.basename(path) == "CMakeLists.txt":
                for name, source in re.findall(r"^ *poetry_program\(([\w-]+)\s+([\w.]+)", self.text(path), re.M):
                    found[name] = os.path.join(os.path.dirname(path), source)
        return found

    def program(self, word):
        """The name of the program that `./lesson run` and `./lesson diff` know by this word, or None."""
        if word.isdigit() and 1 <= int(word) <= len(self.lessons):
            word = self.lessons[int(word) - 1]
        return word if word in self.programs else None


def _is_skipped(folder):
    return (
        folder.name.startswith((".", "__"))
        or folder.name in ("build", "my", "node_modules")
        or (folder / "CMakeCache.txt").exists()
    )
