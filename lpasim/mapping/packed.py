"""Constant weights: packed before the run, block after block in the order in which a layer first needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from lpasim.mapping.cut import Cut
from lpasim.mapping.geometry import Block
from lpasim.mapping.problem import Problem
from lpasim.mapping.traffic import bus_bytes


@dataclass(frozen=True)
class PackedWeights:
    """The blocks of a layer's weights: groups outermost, then N, then K. Every block begins with a burst."""

    problem: Problem
    groups: Cut
    k: Cut
    n: Cut
    burst_bytes: int

    def offset(self, block: Block) -> int:
        """Return where a tile's weights begin."""
        groups, width = (high - low for low, high in (block.groups, block.n))
        return (
            _before(self.groups, block.groups[0], self._group_bytes)
            + _before(self.n, block.n[0], partial(self._column_bytes, groups))
            + _before(self.k, block.k[0], partial(self._block_bytes, groups, width))
        )

    @property
    def size_bytes(self) -> int:
        """All blocks."""
        return sum(times * self._group_bytes(groups) for (groups, _), times in self.groups.sizes.items())

    def _block_bytes(self, groups: int, width: int, depth: int) -> int:
        return bus_bytes(self.problem.weight_bytes(groups, depth, width), self.burst_bytes)

    def _column_bytes(self, groups: int, width: int) -> int:
        """Return the blocks of one part of N."""
        return sum(times * self._block_bytes(groups, width, depth) for (depth, _), times in self.k.sizes.items())

    def _group_bytes(self, groups: int) -> int:
        """Return the blocks of one part of the groups."""
        return sum(times * self._column_bytes(groups, width) for (width, _), times in self.n.sizes.items())


def _before(cut: Cut, low: int, size_of: Callable[[int], int]) -> int:
    """Add up the bytes of the parts of a cut that come before `low`: first the longer ones, then the others."""
    if not low:
        return 0
    size, longer = divmod(-(-cut.size // cut.unit), cut.parts)
    units = low // cut.unit
    long = min(longer, units // (size + 1))
    short = (units - long * (size + 1)) // size
    return long * size_of((size + 1) * cut.unit) + (short * size_of(size * cut.unit) if short else 0)
