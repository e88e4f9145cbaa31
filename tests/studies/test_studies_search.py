"""Searches: each combination once, those without results no end of a generation, and better than chance."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.hardware.loader import HardwareFile
from lpasim.studies.hypervolume_curve import hypervolume_curve
from lpasim.studies.neighbours import Neighbours
from lpasim.studies.optimizer import SAMPLERS, Optimizer
from lpasim.studies.pareto import Objective
from lpasim.studies.request import read_axes
from lpasim.studies.search import draw
from lpasim.studies.space import Space

SIZES = ",".join(str(size) for size in range(1, 17))
OBJECTIVES = (Objective("latency_ms", "min"), Objective("area_mm2", "min"))


def space_of(*axes: str) -> Space:
    return Space(("net",), read_axes(axes, HardwareFile.read("lpa")))


BUFFERS = ",".join(f"{size}KiB" for size in (16, 32, 64, 128, 256, 512))
SPACE = space_of(
    f"array.rows={SIZES}", f"array.cols={SIZES}", f"buffers.weight={BUFFERS}", "dram.preset=hbm2,ddr4-2400"
)


def result(index: int) -> tuple[tuple[float, float] | None, bool]:
    """A large array is fast, with enough memory; a quarter of all points cannot be, a few are excluded."""
    _, rows, cols, buffer, memory = SPACE.steps(index)
    cells = (rows + 1) * (cols + 1)
    if rows % 4 == 1:
        return None, False
    return (256 / cells * (1 + abs(buffer - 4)) * (1 + memory), cells + 20.0 * buffer + 4 * rows), cols != 5


def asked_by(optimizer: Optimizer) -> list[int]:
    found = []
    while batch := optimizer.ask():
        optimizer.tell([result(index) for index in batch])
        found += batch
    return found


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_search_is_better_than_chance_where_many_points_have_no_results(sampler):
    pytest.importorskip("optuna", reason="needs the extra explore")
    gains = []
    for seed in range(4):
        found = asked_by(Optimizer(SPACE, 2, sampler, 120, seed))
        by_chance = draw(SPACE.size, 120, seed)
        assert len(set(found)) == len(found) == len(by_chance)
        volumes = hypervolume_curve(OBJECTIVES, [result(x) for x in found], [result(x) for x in by_chance])
        gains.append(volumes["search"][-1] - volumes["random"][-1])
    assert sum(gains) > 0.1
    assert sum(gain > 0 for gain in gains) >= 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_small_space_is_asked_for_once_from_end_to_end(sampler):
    pytest.importorskip("optuna", reason="needs the extra explore")
    space = space_of("array.rows=1,2,3", "array.cols=1", "dram.preset=hbm2,ddr4-2400")
    optimizer = Optimizer(space, 1, sampler, 50, 0)
    found = []
    while batch := optimizer.ask():
        optimizer.tell([((float(index),), True) for index in batch])
        found += batch
    assert sorted(found) == list(range(6))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_what_was_taken_gives_way_to_the_nearest_that_was_not(sizes, data):
    ordered = [data.draw(st.booleans()) for _ in sizes]
    every = list(itertools.product(*(range(size) for size in sizes)))
    grid, left = Neighbours(sizes, ordered, 0), set(every)

    def distance(one, other):
        apart = zip(one, other, ordered, strict=True)
        return sum(abs(a - b) if in_order else a != b for a, b, in_order in apart)

    while left:
        wanted = data.draw(st.sampled_from(every))
        got = grid.take(wanted)
        assert distance(got, wanted) == min(distance(place, wanted) for place in left)
        left.remove(got)
    with pytest.raises(ValueError, match="a combination must be left, got all"):
        grid.take(every[0])


def test_an_objective_that_never_changes_on_the_front_is_measured_by_itself():
    """In milliseconds or in seconds: the same share."""
    curves = []
    for scale in (1.0, 1000.0):
        found = [((3.0 * scale,), True), ((2.9 * scale,), True)]
        curves.append(hypervolume_curve(OBJECTIVES[:1], found, None)["search"])
    assert curves[0] == pytest.approx(curves[1])
    assert curves[0] == pytest.approx([1.1 - 0.1 / 2.9, 1.1])
