"""New combinations of steps beside known ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

Steps = tuple[int, ...]


class Neighbours:
    """A grid of which each combination is taken once.

    Parameters
    ----------
    sizes : sequence of int
        Steps of each axis.
    ordered : sequence of bool
        Whether the steps of an axis have an order. If so, those next to one are one apart from it, else all others.
    seed : int
        Decides between combinations that are equally near.
    """

    def __init__(self, sizes: Sequence[int], ordered: Sequence[bool], seed: int) -> None:
        self.sizes = tuple(sizes)
        self._ordered = tuple(ordered)
        self._random = Random(seed)
        self._taken: set[Steps] = set()

    def take(self, steps: Steps) -> Steps:
        """Take a combination, or the nearest to it that is not taken.

        Raises
        ------
        ValueError
            If all are taken.
        """
        ring, seen = [steps], {steps}
        while ring:
            free = [place for place in ring if place not in self._taken]
            if free:
                found = free[int(self._random.random() * len(free))]
                self._taken.add(found)
                return found
            ring = [place for known in ring for place in self._beside(known)]
            ring = [place for place in dict.fromkeys(ring) if place not in seen]
            seen.update(ring)
        raise ValueError(f"a combination must be left, got all {len(self._taken)} taken")

    def _beside(self, steps: Steps) -> Iterator[Steps]:
        """Generate the combinations that differ in one step."""
        for axis, (step, size) in enumerate(zip(steps, self.sizes, strict=True)):
            others = (step - 1, step + 1) if self._ordered[axis] else range(size)
            for other in others:
                if 0 <= other < size and other != step:
                    yield (*steps[:axis], other, *steps[axis + 1 :])
