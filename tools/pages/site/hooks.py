"""What mkdocs does to a page besides the theme: figures in the page itself, and an index for the search without a server."""

import json
import re
from pathlib import Path

IMAGE = re.compile(r'<img alt="([^"]*)" src="([^":]*\.svg)" ?/?>')
PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]*)" ?/?>'
    r'\s*<img src="([^"]*)" alt="([^"]*)" ?/?>\s*</picture>'
)
NOT_IN_FIGURE = re.compile(r'<\?xml.*?\?>|<!DOCTYPE.*?>|\b(?:role|aria-labelledby|aria-describedby)="[^"]*"', re.DOTALL)

made = set()  # pages that show a file or a folder; a search finds only texts


def on_page_markdown(markdown, page, **_):
    page.title = page.title.replace("`", "")  # mkdocs before 1.5 leaves them in


def on_post_page(output, page, config):
    """Puts figures into the page, so that they take its colours. The search does not see this text of them."""
    if page.meta.get("made"):
        made.add(page.url)
    folder = Path(config["docs_dir"], page.file.src_path).parent

    def inlined(match):
        svg = NOT_IN_FIGURE.sub("", (folder / match[2]).read_text(encoding="utf-8"))
        return svg.strip().replace("<svg", f'<svg role="img" aria-label="{match[1]}"', 1)

    both = r'<img class="only-light" src="\2" alt="\3"><img class="only-dark" src="\1" alt="\3">'
    return PICTURE.sub(both, IMAGE.sub(inlined, output))


def on_post_build(config):
    site = Path(config["site_dir"])
    # They need the address of the site, which it does not know.
    for name in "404.html", "sitemap.xml", "sitemap.xml.gz":
        (site / name).unlink(missing_ok=True)
    index_file = site / "search/search_index.json"
    index = json.loads(index_file.read_text(encoding="utf-8"))
    index["docs"] = [part for part in index["docs"] if part["location"].partition("#")[0] not in made]
    text = json.dumps(index)
    index_file.write_text(text, encoding="utf-8")
    index_file.with_suffix(".js").write_text(f"var __index = {text}", encoding="utf-8")
