"""How often parts of a cut meet inside a unit (a burst, a plane), counted without listing the parts.

Two neighbouring parts that meet inside a unit both touch it; two that meet at its border do not. The units that all
parts touch are therefore those of the whole and one more for each edge between parts that lies inside a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd
from typing import NamedTuple


class Edges(NamedTuple):
    """Places `first`, `first` + `step`, ..., `number` of them, where one part ends and the next begins."""

    first: int
    step: int
    number: int

    def times(self, factor: int) -> Edges:
        """Return the places in a unit that is `factor` times as fine."""
        return Edges(self.first * factor, self.step * factor, self.number)


def balanced_edges(units: int, parts: int) -> Iterator[Edges]:
    """Give the inner edges of `lpasim.mapping.geometry.balanced`."""
    size, longer = divmod(units, parts)
    if longer:
        yield Edges(size + 1, size + 1, longer)
    if parts - 1 > longer:
        yield Edges(longer * (size + 1) + size, size, parts - 1 - longer)


def repeated(inner: Iterable[Edges], times: int, period: int) -> Iterator[Edges]:
    """Give the edges inside `times` pieces that follow each other, `period` apart, and those between the pieces.

    Each piece is cut at `inner`.
    """
    if times == 1:
        yield from inner
        return
    yield Edges(period, period, times - 1)
    for edges in inner:
        for at in range(edges.number):
            yield Edges(edges.first + at * edges.step, period, times)


def inside(edges: Iterable[Edges], low: int, high: int, unit: int) -> int:
    """Count the edges between `low` and `high`, both left out, that are no whole number of units away from `low`."""
    total = 0
    for first, step, number in edges:
        begin = max(0, (low - first) // step + 1)
        end = min(number, -(-(high - first) // step))
        if begin < end:
            total += end - begin - _aligned(first + begin * step - low, step, end - begin, unit)
    return total


def _aligned(first: int, step: int, count: int, unit: int) -> int:
    """Count the multiples of `unit` among `count` terms of a progression."""
    common = gcd(step, unit)
    if first % common:
        return 0
    period = unit // common
    lead = -(first // common) * pow(step // common, -1, period) % period if period > 1 else 0
    return 0 if lead >= count else (count - 1 - lead) // period + 1
