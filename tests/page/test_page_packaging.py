"""What the page is made from is in the packages that people install."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = {path.suffix[1:] for path in (ROOT / "lpasim" / "reports" / "page").rglob("*.*")} - {"py", "pyc"}


def test_wheels_hold_every_kind_of_file():
    (listed,) = re.findall(r"^DATA = \((.*)\)$", (ROOT / "setup.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"html", "css", "js"} == KINDS
    assert set(re.findall(r'"(\w+)"', listed)) >= KINDS


def test_source_distributions_hold_every_kind_of_file():
    (line,) = re.findall(r"^recursive-include lpasim (.*)$", (ROOT / "MANIFEST.in").read_text(), re.MULTILINE)
    assert {pattern.removeprefix("*.") for pattern in line.split()} >= KINDS
