"""Each link leads to a file, and to a heading in it. Links to other sites are only checked for https."""

import os


def problems(repository):
    for page in repository.pages:
        for link in page.links():
            text = _problem(repository, page, link.target)
            if text:
                yield f"{page.name}:{link.line}: {text}"


def target_of(page, target):
    """The path that a link leads to, from the root of the repository, without its anchor."""
    path = target.partition("#")[0]
    if not path:
        return page.name
    return os.path.normpath(os.path.join(os.path.dirname(page.name), path))


def is_outside(target):
    return target.startswith(("https:", "http:", "mailto:"))


def _problem(repository, page, target):
    if target.startswith("http:"):
        return f"{target} is not encrypted; link to https"
    if is_outside(target):
        return None
    path = target_of(page, target)
    if path.startswith("../") or not repository.exists(path):
        return f"there is no {path}; the link says {target or 'nothing'}"
    anchor = target.partition("#")[2]
    if anchor and not path.endswith(".md"):
        return f"{path} has no headings, but the link says #{anchor}"
    if anchor and anchor not in repository.page(path).anchors():
        return f"{path} has no heading for #{anchor}; it has {', '.join(sorted(repository.page(path).anchors()))}"
    return None
