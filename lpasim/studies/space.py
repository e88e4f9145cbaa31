"""The space of a study: workloads and axes, and every combination of them by its number, none of them kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from lpasim.errors import StudyError
from lpasim.studies.axis import Axis, Value

WORKLOAD = "workload"
"""Column of the first axis, the networks."""


@dataclass(frozen=True, slots=True)
class Space:
    """All combinations of workloads and steps of axes. The last axis varies fastest, as in nested loops.

    Attributes
    ----------
    workloads : tuple of str
        Names, each once.
    axes : tuple of Axis
        With keys that differ.
    """

    workloads: tuple[str, ...]
    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        for names, what in ((self.workloads, "workload"), ([key for axis in self.axes for key in axis.keys], "key")):
            for name in names:
                if list(names).count(name) > 1:
                    times = list(names).count(name)
                    raise StudyError(f"a space must name each {what} once, got {name!r} {times} times")
        if not self.workloads:
            raise StudyError("a space must have a workload, got none")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of workloads, and of steps of each axis."""
        return len(self.workloads), *(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of combinations."""
        return prod(self.sizes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the axes, in order."""
        return tuple(column for axis in self.axes for column in axis.columns)

    def steps(self, index: int) -> tuple[int, ...]:
        """Return the workload and the step of each axis of a combination."""
        return digits(index, self.sizes)

    def settings(self, steps: Sequence[int]) -> tuple[str, ...]:
        """Return what sets a combination, without its workload."""
        return tuple(text for axis, step in zip(self.axes, steps[1:], strict=True) for text in axis.settings(step))

    def values(self, steps: Sequence[int]) -> dict[str, Value]:
        """Return the workload and the axes' values of a combination, by column."""
        row: dict[str, Value] = {WORKLOAD: self.workloads[steps[0]]}
        for axis, step in zip(self.axes, steps[1:], strict=True):
            row.update(zip(axis.columns, axis.values[step], strict=True))
        return row


def digits(index: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """Write a number in mixed radix, the last digit varying fastest.

    >>> digits(5, (2, 3)), digits(0, ())
    ((1, 2), ())
    """
    found = []
    for size in reversed(sizes):
        index, digit = divmod(index, size)
        found.append(digit)
    return tuple(reversed(found))


def number(steps: Sequence[int], sizes: Sequence[int]) -> int:
    """Return the number that `digits` writes so.

    >>> number((1, 2), (2, 3))
    5
    """
    index = 0
    for step, size in zip(steps, sizes, strict=True):
        index = index * size + step
    return index


def in_order(sizes: Sequence[int], slowest: Sequence[int]) -> Iterator[int]:
    """Generate all numbers below the product of the sizes, with some digits varying more slowly than all others.

    Parameters
    ----------
    sizes : sequence of int
    slowest : sequence of int
        Places of digits, the slowest first; the others follow in their own order.

    >>> list(in_order((2, 3), (1,)))
    [0, 3, 1, 4, 2, 5]
    """
    places = [*slowest, *(place for place in range(len(sizes)) if place not in slowest)]
    weights = [prod(sizes[place + 1 :]) for place in range(len(sizes))]
    turned = [sizes[place] for place in places]
    for count in range(prod(sizes)):
        yield sum(digit * weights[place] for digit, place in zip(digits(count, turned), places, strict=True))
