"""Latin hypercube samples of a grid: few points that use every step of every axis equally often.

References
----------
M. D. McKay, R. J. Beckman, W. J. Conover: A comparison of three methods for selecting values of input variables in the
analysis of output from a computer code. Technometrics 21(2), 1979, pp. 239-245.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from random import Random

from lpasim.studies.space import number

SWAPS = 1000
"""Attempts at making one point differ from all others; on a grid with room for it a few are enough."""


def latin_hypercube(sizes: Sequence[int], count: int, seed: int) -> list[int]:
    """Draw different points of a grid.

    Each axis is used evenly: each of its steps ``count // size`` times, and the ``count % size`` that are used once
    more are spread over it. Steps of different axes are matched at random. Of points that are drawn twice, one changes
    places with another point along an axis, which keeps every axis as even as it was.

    Parameters
    ----------
    sizes : sequence of int
        Steps of each axis.
    count : int
        Points to draw.
    seed : int

    Returns
    -------
    list of int
        Numbers of the points, in increasing order: all of the grid if it has no more than `count`, and fewer than
        `count` if so many different ones were not found on a grid that has hardly more.
    """
    if count >= prod(sizes):
        return list(range(prod(sizes)))
    random = Random(seed)
    columns = [_even_steps(size, count, random) for size in sizes]
    points = [list(steps) for steps in zip(*columns, strict=True)]
    _part(points, random)
    return sorted({number(steps, sizes) for steps in points})


def _even_steps(size: int, count: int, random: Random) -> list[int]:
    """Draw a step for each point, in random order, each as often as any other to within one."""
    times, more = divmod(count, size)
    steps = [step for step in range(size) for _ in range(times)]
    for part in range(more):  # one step of each of `more` equal parts of the axis
        low, high = part * size // more, (part + 1) * size // more
        steps.append(low + _below(high - low, random))
    for last in range(len(steps) - 1, 0, -1):
        other = _below(last + 1, random)
        steps[last], steps[other] = steps[other], steps[last]
    return steps


def _part(points: list[list[int]], random: Random) -> None:
    """Exchange steps between points until all differ, or that takes too long."""
    found: dict[tuple[int, ...], int] = {}
    for point in points:
        found[tuple(point)] = found.get(tuple(point), 0) + 1
    axes = [axis for axis in range(len(points[0])) if len({point[axis] for point in points}) > 1]
    for point in points:
        for _ in range(SWAPS if axes else 0):
            if found[tuple(point)] == 1:
                break
            other, axis = points[_below(len(points), random)], axes[_below(len(axes), random)]
            _exchange(point, other, axis, found)


def _exchange(one: list[int], other: list[int], axis: int, found: dict[tuple[int, ...], int]) -> None:
    """Exchange a step of two points, if that leaves fewer points that are there twice."""
    if one[axis] == other[axis]:
        return
    before = (tuple(one), tuple(other))
    one[axis], other[axis] = other[axis], one[axis]
    after = (tuple(one), tuple(other))
    if after[0] != after[1] and not any(found.get(point) for point in after):
        for point in before:
            found[point] -= 1
        for point in after:
            found[point] = found.get(point, 0) + 1
    else:
        one[axis], other[axis] = other[axis], one[axis]


def _below(bound: int, random: Random) -> int:
    """Draw a number below a bound. Python promises the same sequence of `random` alone in all of its versions."""
    return int(random.random() * bound)
