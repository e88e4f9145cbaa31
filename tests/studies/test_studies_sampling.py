"""Latin hypercube samples: different points, every step of every axis as often as any other."""

from __future__ import annotations

from collections import Counter
from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lpasim.errors import StudyError
from lpasim.hardware import load_hardware
from lpasim.studies.axis import parse_axis
from lpasim.studies.plan import make_plan
from lpasim.studies.sampling import latin_hypercube
from lpasim.studies.space import Space, digits

sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)
seeds = st.integers(0, 2**32)


@given(sizes, st.integers(1, 60), seeds)
def test_each_step_is_used_as_often_as_any_other(sizes, count, seed):
    assume(count <= prod(sizes) // 2)
    found = latin_hypercube(sizes, count, seed)
    assert found == sorted(set(found))
    assert len(found) == count
    for axis, size in enumerate(sizes):
        used = Counter(digits(index, sizes)[axis] for index in found)
        assert {used[step] for step in range(size)} <= {count // size, -(-count // size)}


@given(st.integers(2, 40), st.integers(1, 20), seeds)
def test_few_points_are_spread_over_a_long_axis(size, count, seed):
    assume(count <= size)
    steps = [digits(index, (size, size))[0] for index in latin_hypercube((size, size), count, seed)]
    parts = [(part * size // count, (part + 1) * size // count) for part in range(count)]
    assert all(sum(low <= step < high for step in steps) == 1 for low, high in parts)


@given(sizes, seeds)
def test_a_sample_as_large_as_the_grid_is_all_of_it(sizes, seed):
    everything = list(range(prod(sizes)))
    assert latin_hypercube(sizes, len(everything), seed) == latin_hypercube(sizes, 10**6, seed) == everything


@given(sizes, st.integers(1, 60), seeds)
def test_a_dense_sample_holds_different_points_and_hardly_fewer(sizes, count, seed):
    assume(count < prod(sizes))
    found = latin_hypercube(sizes, count, seed)
    assert len(set(found)) == len(found) <= count
    assert all(0 <= index < prod(sizes) for index in found)
    assert len(found) >= 0.7 * count


def test_the_seed_decides():
    grid = (10, 10, 10)
    assert latin_hypercube(grid, 20, 1) == latin_hypercube(grid, 20, 1) != latin_hypercube(grid, 20, 2)
    # Kept, so that a sample of today is the sample of tomorrow.
    assert latin_hypercube((4, 4), 4, 7) == latin_hypercube((4, 4), 4, 7)
    assert all(len(latin_hypercube(grid, 20, seed)) == 20 for seed in range(50))


def test_axes_are_matched_at_random():
    """Of two axes, each pair of steps comes about equally often over the seeds."""
    pairs = Counter(index for seed in range(400) for index in latin_hypercube((5, 5), 5, seed))
    assert set(pairs) == set(range(25))
    assert max(pairs.values()) < 2 * min(pairs.values())


def test_plans_that_are_too_large_to_keep_are_refused():
    base = load_hardware("lpa")
    keys = ("array.rows", "array.cols", "clock_mhz", "technology.node_nm")
    axes = tuple(parse_axis(f"{key}={','.join(map(str, range(1, 102)))}", base) for key in keys)
    space = Space(("fashion",), axes)
    assert len(make_plan(space, 100)) == 100
    assert len(make_plan(Space(("fashion",), axes[:3]))) == 101**3
    most = "a study must have at most 100,000,000 points, got"
    with pytest.raises(StudyError, match=f"{most} 104,060,401; draw a sample [(]--sample[)]"):
        make_plan(space)
    with pytest.raises(StudyError, match=f"{most} 100,000,001; draw a smaller sample"):
        make_plan(space, 100_000_001)
