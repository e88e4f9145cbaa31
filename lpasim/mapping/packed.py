"""Constant weights: packed before the run, block after block in the order in which a layer first needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from lpasim.mapping.cut import Cut
from lpasim.mapping.geometry import Block, Range
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
        groups, width = (part[1] - part[0] for part in (block.groups, block.n))
        in_group = self._of_n[groups][block.n[0]] + self._of_k[groups, width][block.k[0]]
        return self._of_groups[block.groups[0]] + in_group

    @cached_property
    def size_bytes(self) -> int:
        """All blocks."""
        return sum(self._group_bytes(high - low) for low, high in self.groups.ranges)

    def _block_bytes(self, groups: int, width: int, depth: int) -> int:
        return bus_bytes(self.problem.weight_bytes(groups, depth, width), self.burst_bytes)

    def _column_bytes(self, groups: int, width: int) -> int:
        """Return the blocks of one part of N."""
        return sum(times * self._block_bytes(groups, width, depth) for (depth, _), times in self.k.sizes.items())

    def _group_bytes(self, groups: int) -> int:
        """Return the blocks of one part of the groups."""
        return sum(times * self._column_bytes(groups, width) for (width, _), times in self.n.sizes.items())

    @cached_property
    def _of_groups(self) -> dict[int, int]:
        return _starts(self.groups.ranges, self._group_bytes)

    @cached_property
    def _of_n(self) -> dict[int, dict[int, int]]:
        """Where each part of N begins, for each number of groups."""
        return {groups: _starts(self.n.ranges, partial(self._column_bytes, groups)) for groups, _ in self.groups.sizes}

    @cached_property
    def _of_k(self) -> dict[tuple[int, int], dict[int, int]]:
        """Where each part of K begins, for each number of groups and width of the part of N."""
        return {
            (groups, width): _starts(self.k.ranges, partial(self._block_bytes, groups, width))
            for groups, _ in self.groups.sizes
            for width, _ in self.n.sizes
        }


def _starts(ranges: Sequence[Range], size_of: Callable[[int], int]) -> dict[int, int]:
    """Return where the bytes of each range begin, by the start of the range, when they follow each other."""
    at, starts = 0, {}
    for low, high in ranges:
        starts[low] = at
        at += size_of(high - low)
    return starts
