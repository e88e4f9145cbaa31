"""Pages that lie elsewhere in the repository, where those who browse its folders look for them, as pages of the manual.

In a page whose front matter says ``shows: ../results/README.md``, Sphinx reads that file in its place. Links lead where
they lead from the file, to pages of the manual where there is one for their target; and a link whose text is the name
of its file gets the title of the page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?!\w+:)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
SHOWS = re.compile(r"\A---\nshows: (\S+)\n---\n")
README = "../README.md"
FRONT = "index.md"


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    docs = Path(app.srcdir)
    origin, text = (docs / f"{page}.md").resolve(), source[0]
    shown = SHOWS.match(text)
    if shown:
        origin = (docs / shown[1]).resolve()
        app.env.note_dependency(origin)
        text = origin.read_text(encoding="utf-8")
    pages = {(docs / README).resolve(): FRONT, **_shown_files(docs)}

    def from_the_manual(link: re.Match[str]) -> str:
        target = (origin.parent / link["target"]).resolve()
        leads_to = os.path.relpath(docs / pages[target] if target in pages else target, (docs / page).parent)
        text = "" if link["text"].endswith(".md") else link["text"]
        return f"[{text}]({leads_to}{link['anchor'] or ''})"

    source[0] = LINK.sub(from_the_manual, text)


def _shown_files(docs: Path) -> dict[Path, str]:
    """Return the files that pages show -> the pages."""
    pages = {page.name: SHOWS.match(page.read_text(encoding="utf-8")) for page in sorted(docs.glob("*.md"))}
    return {(docs / shown[1]).resolve(): name for name, shown in pages.items() if shown}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the reader."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}
