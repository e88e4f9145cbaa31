"""Draw `resnet18.svg`, the picture of the README: what ``lpasim run resnet18`` prints on a terminal of 100 columns.

Run ``python -m docs.images.draw`` in the root of the repository: then it draws with the lpasim that is there, whichever
one is installed.
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

import lpasim
from lpasim.reports.terminal import render

PICTURE = Path(__file__).with_name("resnet18.svg")
COMMAND = "python -m lpasim run resnet18"


def draw() -> str:
    """Return the picture as SVG; the same report gives the same text."""
    console = Console(width=100, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for part in render(lpasim.simulate("resnet18")):
        console.print(part, highlight=False)
    return console.export_svg(title=COMMAND, unique_id="lpasim")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
