"""Fronts and hypervolumes, against all pairs and against counting cells."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import StudyError
from lpasim.studies.hypervolume import hypervolume
from lpasim.studies.pareto import Objective, front, fronts, parse_objectives

SIDE = 4
points = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, SIDE), min_size=width, max_size=width), max_size=12).map(
        lambda rows: np.array(rows, dtype=float).reshape(len(rows), width)
    )
)


def beaten(row, by) -> bool:
    return bool((by <= row).all() and (by < row).any())


@given(points)
def test_a_front_is_what_no_other_point_beats(losses):
    expected = [not any(beaten(row, other) for other in losses) for row in losses]
    assert front(losses).tolist() == expected


@given(points, st.randoms(use_true_random=False))
def test_points_without_a_value_are_on_no_front_and_beat_none(losses, random):
    holed = losses.copy()
    for row in range(len(holed)):
        if random.random() < 0.4:
            holed[row, random.randrange(holed.shape[1])] = np.nan
    usable = ~np.isnan(holed).any(axis=1)
    found = front(holed)
    assert not found[~usable].any()
    assert (found[usable] == front(holed[usable])).all()


def test_each_group_has_its_own_front():
    losses = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [3.0, 3.0]])
    assert fronts(losses, [0, 0, 1, 1]).tolist() == [True, False, True, True]


@given(points)
def test_a_hypervolume_counts_the_cells_that_are_beaten(losses):
    corner = [SIDE] * losses.shape[1]
    cells = itertools.product(range(SIDE), repeat=losses.shape[1])
    expected = sum(any((row <= cell).all() for row in losses) for cell in map(np.array, cells))
    assert hypervolume(losses, corner) == pytest.approx(expected, abs=1e-9)


reals = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.floats(0, 1), min_size=width, max_size=width), max_size=7).map(
        lambda rows: np.array(rows, dtype=float).reshape(len(rows), width)
    )
)


@given(reals)
def test_a_hypervolume_is_that_of_inclusion_and_exclusion(losses):
    """Boxes from each point to the corner: their volumes, less those that two share, and so on."""
    expected = 0.0
    for count in range(1, len(losses) + 1):
        for some in itertools.combinations(losses, count):
            expected -= (-1) ** count * float(np.prod(1.0 - np.max(some, axis=0)))
    assert hypervolume(losses, [1.0] * losses.shape[1]) == pytest.approx(expected, abs=1e-9)


def test_points_at_the_corner_or_beyond_add_nothing():
    assert hypervolume(np.array([[1.0, 0.0], [0.0, 2.0]]), [1.0, 1.0]) == 0
    assert hypervolume(np.empty((0, 2)), [1.0, 1.0]) == 0


def test_objectives_know_their_goals_unless_they_are_told():
    found = parse_objectives("latency_ms, tops_per_w,cycles:max,utilization:min")
    assert [(each.column, each.goal) for each in found] == [
        ("latency_ms", "min"),
        ("tops_per_w", "max"),
        ("cycles", "max"),
        ("utilization", "min"),
    ]
    assert (Objective("x", "max").loss(2.0), Objective("x", "min").loss(2.0)) == (-2.0, 2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("latency", "an objective must be a statistic of a run, got 'latency'"),
        ("", "must be a statistic of a run, got ''"),
        ("cycles:least", "the goal of an objective must be min or max, got 'least'"),
        ("cycles,cycles", "objectives must name each statistic once, got cycles twice"),
    ],
)
def test_what_is_no_objective_is_refused(text, message):
    with pytest.raises(StudyError, match=message):
        parse_objectives(text)
