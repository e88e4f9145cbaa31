"""Sharing bits out: within the bound, and optimal where one step is as good as the next."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import SearchError
from lpasim.lpq.allocation import Share, allocate

SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=5)


def spent(shares, widths):
    return sum(widths[name] * share.size for name, share in shares.items())


def size(shares):
    return sum(share.size for share in shares.values())


@given(SIZES, st.floats(2, 9), st.integers(0, 2**32))
def test_the_average_is_never_above_the_bound(sizes, bound, seed):
    rng = np.random.default_rng(seed)
    shares = {f"s{i}": Share(n, {b: float(rng.normal()) for b in (2, 3, 5, 8)}) for i, n in enumerate(sizes)}
    widths = allocate(shares, bound, "weights")
    assert all(widths[name] in share.harm for name, share in shares.items())
    assert spent(shares, widths) <= bound * size(shares) * (1 + 1e-9)


@given(st.integers(1, 4), st.floats(2, 5), st.integers(0, 2**32))
def test_equal_sizes_and_convex_harm_give_the_optimum(count, bound, seed):
    rng = np.random.default_rng(seed)
    bits = (2, 3, 4, 5)
    shares = {}
    for number in range(count):
        gains = sorted(rng.exponential(size=3))
        shares[f"s{number}"] = Share(7, dict(zip(bits, (sum(gains[:left]) for left in (3, 2, 1, 0)), strict=True)))
    widths = allocate(shares, bound, "weights")
    possible = [
        sum(share.harm[n] for share, n in zip(shares.values(), choice, strict=True))
        for choice in product(bits, repeat=count)
        if sum(choice) <= bound * count * (1 + 1e-9)
    ]
    assert sum(share.harm[widths[name]] for name, share in shares.items()) == pytest.approx(min(possible))


def test_a_wide_step_over_a_bad_width_is_taken():
    shares = {"a": Share(1, {2: 1.0, 3: 1.0, 4: 0.0}), "b": Share(1, {2: 0.1, 3: 0.0, 4: 0.0})}
    assert allocate(shares, 3, "weights") == {"a": 4, "b": 2}


def test_bits_go_where_they_prevent_most_harm_a_bit():
    shares = {"large": Share(100, {2: 3.0, 3: 0.0}), "small": Share(1, {2: 1.0, 3: 0.0})}
    assert allocate(shares, 2 + 1 / 101, "weights") == {"large": 2, "small": 3}
    assert allocate(shares, 3, "weights") == {"large": 3, "small": 3}


def test_bits_that_prevent_nothing_are_not_spent():
    assert allocate({"a": Share(3, {2: 0.5, 3: 0.5, 8: 0.7})}, 8, "weights") == {"a": 2}


def test_a_bound_that_is_just_met_is_met():
    shares = {name: Share(3, {2: 1.0, 4: 0.0}) for name in "abc"}
    widths = allocate(shares, 2 + 2 / 3, "activations")
    assert sorted(widths.values()) == [2, 2, 4]


def test_a_bound_below_the_smallest_widths_is_refused():
    shares = {"a": Share(1, {2: 0.0}), "b": Share(3, {4: 0.0, 5: 0.0})}
    with pytest.raises(SearchError, match=r"^average bits of activations must be at least 3\.5, got 3\.4$"):
        allocate(shares, 3.4, "activations")
