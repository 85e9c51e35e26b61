#!/usr/bin/env python3
"""Makes the folder from which mkdocs builds the site of the book: tools/book calls it.

    tools/pages/stage.py FOLDER RECORDED_RUN

FOLDER/source/ gets every page and image, in the folders of the repository, so that links stay as they are.
A link to a file of another kind, or to a folder, gets a page that shows it. RECORDED_RUN, a page that
compare-stages has written, is linked where a page says <!-- recorded run -->. FOLDER/mkdocs.yml gets the
settings and the navigation.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import links
from repository import Repository

# Patterns of pages, in reading order. A page appears once; a pattern may match none.
NAVIGATION = (
    ("Start", ("README.md",)),
    (
        "The book",
        ("docs/README.md", "docs/01-*.md", "docs/02-*.md", "blocking-server/README.md", "blocking-client/README.md")
        + ("docs/03-*.md", "async-client/README.md", "docs/04-*.md", "reactor-client-1/README.md")
        + ("docs/05-*.md", "reactor-client-2/README.md", "docs/06-*.md")
        + ("docs/time-limits.md", "docs/experiments.md"),
    ),
    ("Exercises", ("*/exercises/*/README.md",)),
    ("For teachers", ("docs/teaching.md",)),
    (
        "Reference",
        [f"docs/reference/{name}.md" for name in ("contracts", "names", "faults", "performance", "compare", "own-client")]
        + ["tools/compare-stages/README.md"]
        + [f"docs/reference/{name}.md" for name in ("compare-json", "testing", "troubleshooting", "glossary")]
        + ["docs/reference/*.md", "docs/[!0-9]*.md"],
    ),
    ("For contributors", ("CONTRIBUTING.md",)),
)
RECORDED_RUN = "<!-- recorded run -->"
IMAGES = (".svg", ".png")
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".go": "go", ".cmake": "cmake", ".py": "python", ".js": "js", ".mjs": "js"}


class Stage:
    def __init__(self, repository, folder):
        self.repository = repository
        self.folder = folder
        self.made = set()

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def add_page(self, page, recorded_run):
        text = self.repository.text(page.name)
        for target in sorted({link.target for link in page.links() if not links.is_outside(link.target)}):
            path = links.target_of(page, target)
            shown_by = self.page_for(path)
            if shown_by != path:
                new = os.path.relpath(shown_by, os.path.dirname(page.name) or ".")
                text = text.replace(f"]({target})", f"]({new})")
        if RECORDED_RUN in text:
            text = text.replace(RECORDED_RUN, "[Open the page of a recorded run](compare-run.html){ .md-button }")
            (self.folder / page.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(recorded_run, self.folder / os.path.dirname(page.name) / "compare-run.html")
        self.write(page.name, text)

    def page_for(self, path):
        """The page that shows a file or folder. Makes it, unless it is a page, an image, or made already."""
        source = self.repository.root / path
        if source.is_dir() and (source / "README.md").is_file():
            return os.path.join(path, "README.md")
        if path.endswith((".md", *IMAGES)) or not source.exists():
            return path
        shown_by = os.path.join(path, "index.md") if source.is_dir() else f"{path}.md"
        if shown_by not in self.made:
            self.made.add(shown_by)
            content = self.list_of(source) if source.is_dir() else code_of(source)
            self.write(shown_by, f"---\ntitle: {path}\nmade: true\n---\n# `{path}`\n\n{content}\n")
        return shown_by

    def list_of(self, folder):
        lines = []
        for source in sorted(folder.iterdir()):
            if source.is_dir():
                lines.append(f"- `{source.name}/`")
            else:
                shown_by = self.page_for(source.relative_to(self.repository.root).as_posix())
                lines.append(f"- [`{source.name}`]({os.path.basename(shown_by)})")
        return "\n".join(lines)

    def copy_images(self):
        for path in self.repository.files:
            if path.endswith(IMAGES):
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.repository.root / path, self.folder / path)


def code_of(source):
    text = source.read_text(encoding="utf-8", errors="replace")
    language = "cmake" if source.name == "CMakeLists.txt" else LANGUAGES.get(source.suffix)
    if text.startswith("#!"):
        language = "python" if "python" in text.partition("\n")[0] else "bash"
    fence = "`" * (3 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language or 'text'}\n{text}{fence}"


def navigation(names):
    left = sorted(names)
    for title, patterns in NAVIGATION:
        section = []
        for pattern in patterns:
            section += [name for name in left if matches(name, pattern)]
            left = [name for name in left if name not in section]
        if section:
            yield {title: section if len(section) > 1 else section[0]}
    for name in left:
        print(f"{name} is not in the navigation; NAVIGATION in tools/pages/stage.py lists the pages", file=sys.stderr)


def matches(name, pattern):
    """Like a shell's pattern: * stays in one folder."""
    return name.count("/") == pattern.count("/") and Path(name).match(pattern)


def main(arguments):
    folder, recorded_run = map(Path, arguments)
    repository = Repository(Path(__file__).resolve().parents[2])
    shutil.rmtree(folder / "source", ignore_errors=True)
    stage = Stage(repository, folder / "source")
    for page in repository.pages:
        stage.add_page(page, recorded_run)
    stage.copy_images()
    settings = (Path(__file__).parent / "site/mkdocs.yml").read_text(encoding="utf-8")
    nav = json.dumps(list(navigation([page.name for page in repository.pages])), indent=2)
    (folder / "mkdocs.yml").write_text(f"{settings}nav: {nav}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
