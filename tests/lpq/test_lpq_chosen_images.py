"""Which images of a set are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.inference.images import read_images
from lpasim.lpq.chosen_images import TAKES, chosen_places, picked


@given(st.integers(1, 600), st.integers(1, 700), st.sampled_from(TAKES))
def test_places_are_of_the_set_and_none_twice(total, count, take):
    places = chosen_places(total, count, take)
    assert len(places) == len(set(places)) == min(total, count)
    assert set(places) <= set(range(total))
    if take == "first" or count >= total:
        assert places == tuple(range(min(total, count)))


@given(st.integers(20, 600), st.integers(4, 300))
def test_any_beginning_is_evenly_spread(total, count):
    places = sorted(chosen_places(total, min(count, total - 1), "spread"))
    gaps = np.diff([places[0] - 1, *places, total])
    assert gaps.max() <= 4 * total / len(places) + 2, "three gaps at most, the largest the sum of the others"


def test_a_sorted_set_is_seen_whole(tmp_path):
    labels = np.repeat(np.arange(10), 50)
    np.savez(tmp_path / "set.npz", images=np.zeros((500, 4, 4, 3), np.uint8), labels=labels)
    whole = read_images(tmp_path / "set.npz", None, "raw")
    for count in (32, 64, 128):
        found = picked(whole, chosen_places(len(whole), count, "spread"))
        counts = np.bincount(found.labels, minlength=10)
        assert len(found) == count
        assert counts.min() >= count / 10 - 2
    assert np.array_equal(picked(whole, [499, 0]).labels, [9, 0])


@pytest.mark.parametrize("take", TAKES)
def test_test_images_of_the_same_set_are_others(quantize, take):
    done = quantize("--limit", "12", "--take", take, "--test", "set.npz", "--format", "json", "--quiet")
    assert done.code == 0, done.err
    assert f'"images": {len(np.load("set.npz")["images"]) - 12}' in done.out


def test_an_unknown_choice_is_refused(quantize):
    done = quantize("--take", "last")
    assert (done.code, done.err) == (2, "lpasim: Invalid value: --take must be one of spread, first, got 'last'\n")
