"""Every kind of figure with something that it shows."""

from __future__ import annotations

from typing import Any

from lpasim.reports.figures.drawing import Source
from lpasim.reports.figures.registry import KINDS

RUNS, PAIRS, STUDIES = ("one", "resnet", "vit", "long"), ("pair", "mixed"), ("many", "linked")


def cases() -> list[tuple[str, str]]:
    """Return names of kinds and of what they show."""
    names = {"run": RUNS, "runs": PAIRS, "study": STUDIES}
    return [(kind.name, name) for kind in KINDS if not kind.needs for name in names[kind.takes]]


def source(name: str, runs: dict[str, Any], studies: dict[str, Any]) -> Source:
    """Return what a name of `cases` stands for."""
    if name == "pair":
        return runs["resnet"], runs["int8"]
    if name == "mixed":
        return runs["resnet"], runs["int8"], runs["vit"], runs["one"]
    found: Source = {**runs, **studies}[name]
    return found
