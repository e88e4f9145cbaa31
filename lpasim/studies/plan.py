"""The points of a study, in order: all of a space, or a sample, each known by its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lpasim.errors import StudyError
from lpasim.studies.axis import Value
from lpasim.studies.sampling import latin_hypercube
from lpasim.studies.simulator import Task
from lpasim.studies.space import Space, in_order

SAME_TILINGS = ("clock_mhz", "dram.", "technology.", "switching.", "weight_buffer.", "input_buffer.", "output_buffer.")
"""Starts of keys that mostly leave the candidates for a layer's tiling as they are."""
TOGETHER = 16
"""Most points that a lane takes at once, because they differ in such keys alone."""
MOST_POINTS = 100_000_000
"""Most points of a plan: a coordinator keeps 33 bytes of each."""
_PRICES = ("_pj", "_um2", "_mw")


@dataclass(frozen=True)
class Plan:
    """What a study evaluates.

    Attributes
    ----------
    space : Space
    chosen : sequence of int or None
        Numbers of the combinations, in the order of the points; None for all, in increasing order.
    """

    space: Space
    chosen: Sequence[int] | None = None

    def __len__(self) -> int:
        return self.space.size if self.chosen is None else len(self.chosen)

    def steps(self, point: int) -> tuple[int, ...]:
        """Return the workload and the step of each axis of a point."""
        return self.space.steps(point if self.chosen is None else self.chosen[point])

    def task(self, point: int) -> Task:
        """Return what is to be evaluated at a point."""
        steps = self.steps(point)
        return Task(steps[0], self.space.settings(steps))

    def values(self, point: int) -> dict[str, Value]:
        """Return the workload and the axes' values of a point, by column."""
        return self.space.values(self.steps(point))

    def groups(self) -> Iterator[list[int]]:
        """Generate all points in groups that share most of the work of mapping, as far as the axes tell."""
        sizes = self.space.sizes
        shaping = [0, *(place for place, axis in enumerate(self.space.axes, 1) if not _keeps_tilings(axis.keys))]
        if self.chosen is None:
            order: Iterator[int] = in_order(sizes, shaping)
        else:
            order = iter(sorted(range(len(self.chosen)), key=lambda point: self._shape(point, shaping)))
        for _, group in groupby(order, lambda point: self._shape(point, shaping)):
            points = list(group)
            for first in range(0, len(points), TOGETHER):
                yield points[first : first + TOGETHER]

    def _shape(self, point: int, shaping: Sequence[int]) -> tuple[int, ...]:
        steps = self.steps(point)
        return tuple(steps[place] for place in shaping)


def make_plan(space: Space, sample: int | None = None, seed: int = 0) -> Plan:
    """Plan all points of a space, or a Latin hypercube sample of it.

    Raises
    ------
    StudyError
        If these are more than `MOST_POINTS`.
    """
    planned = space.size if sample is None else min(sample, space.size)
    if planned > MOST_POINTS:
        fewer = "a sample (--sample)" if sample is None else "a smaller sample"
        raise StudyError(f"a study must have at most {MOST_POINTS:,} points, got {planned:,}; draw {fewer}")
    return Plan(space) if sample is None else Plan(space, latin_hypercube(space.sizes, sample, seed))


def _keeps_tilings(keys: Sequence[str]) -> bool:
    return all(key.startswith(SAME_TILINGS) or key.endswith(_PRICES) for key in keys)
