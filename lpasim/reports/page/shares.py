"""Where energy and area go: the parts of a whole, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpasim.reports.figures.words import COMPONENTS
from lpasim.reports.numbers import percent, plain
from lpasim.reports.page.palette import COMPONENT_COLOURS


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: its name, its colour, its value, and value and share as texts."""

    name: str
    colour: str
    value: float
    text: str
    share: str


def parts_of(components: Mapping[str, float]) -> tuple[Part, ...]:
    """Return the parts that are there, the largest first."""
    whole = sum(components.values())
    ranked = sorted(
        ((name, value) for name, value in components.items() if value and name in COMPONENTS), key=lambda part: -part[1]
    )
    return tuple(
        Part(COMPONENTS[name], COMPONENT_COLOURS[name], value, plain(value), percent(value, whole))
        for name, value in ranked
    )
