"""Each figure is used, and no older than its source; each picture has a text that says what it shows."""

import subprocess
import sys

from links import is_outside, target_of

FIGURES = "docs/figures/"
DRAW = "docs/figures/source/draw.py"
SHORTEST_TEXT = 40  # characters; shorter texts name the picture and do not say what it says


def problems(repository):
    used = set()
    for page in repository.pages:
        for link in page.links():
            if not is_outside(link.target):
                used.add(target_of(page, link.target))
            if link.is_image and len(link.text) < SHORTEST_TEXT:
                yield (
                    f"{page.name}:{link.line}: the picture {link.target} has an alternative text of {len(link.text)} "
                    f"characters; write in {SHORTEST_TEXT} or more what the picture says"
                )
    for path in repository.files:
        is_figure = path.startswith(FIGURES) and path.endswith((".svg", ".png"))
        if is_figure and path not in used:
            yield f"{path}: no page uses this figure; use it or delete it"
    yield from _older_than_their_source(repository)


def _older_than_their_source(repository):
    if not repository.exists(DRAW):
        return
    result = subprocess.run(
        [sys.executable, "-B", str(repository.root / DRAW), "--check"], capture_output=True, text=True, timeout=120
    )
    if result.returncode != 0:
        why = " ".join((result.stdout + result.stderr).split())
        yield f"{DRAW}: {why}; `python3 {DRAW}` draws all figures again"
