"""Counting answers and powers, on examples whose results are known exactly."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.inference.accuracy import Accuracy, Powers, answers, in_top

NAN = float("nan")


def test_top_counts_ties_from_the_lowest_class():
    logits = np.array([[1.0, 3, 3, 2]] * 4)
    labels = np.arange(4)
    assert in_top(logits, labels, 1).tolist() == [False, True, False, False]
    assert in_top(logits, labels, 2).tolist() == [False, True, True, False]
    assert in_top(logits, labels, 3).tolist() == [False, True, True, True]
    assert in_top(logits, labels, 5).all()


def test_nan_is_no_answer():
    logits = np.array([[NAN, -1.0, -2], [NAN, NAN, NAN], [-inf, NAN, -inf]])
    assert answers(logits).tolist() == [1, -1, 0]
    assert answers(np.array([[NAN, -inf, -inf], [NAN, NAN, -inf]])).tolist() == [1, 2]
    assert in_top(logits, np.array([1, 1, 0]), 1).tolist() == [True, False, True]
    assert in_top(logits, np.array([0, 0, 1]), 5).tolist() == [False, False, False]


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 12))
def test_top_k_is_that_of_a_stable_sort(seed, k, classes):
    random = np.random.default_rng(seed)
    logits, labels = random.integers(0, 5, (6, classes)).astype(float), random.integers(0, classes, 6)
    order = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    assert in_top(logits, labels, k).tolist() == [label in row for label, row in zip(labels, order, strict=True)]
    assert answers(logits).tolist() == order[:, 0].tolist()


def test_counts_add_up_over_batches():
    accuracy = Accuracy()
    assert (accuracy.top1, accuracy.top5, accuracy.agreement) == (None, None, None)
    eye = np.eye(8)
    accuracy.add(eye[:2], np.array([0, 7]), eye[[0, 0]])
    accuracy.add(eye[2:4], np.array([2, 4]), eye[[2, 3]])
    assert (accuracy.images, accuracy.labelled) == (4, 4)
    assert (accuracy.top1, accuracy.agreement) == (0.5, 0.75)
    assert accuracy.top5 == 0.75  # class 7 comes last of equal ones, class 4 is the fifth


def test_without_labels_there_is_agreement_alone():
    accuracy = Accuracy()
    accuracy.add(np.eye(3), None, np.eye(3))
    assert (accuracy.top1, accuracy.top5, accuracy.agreement) == (None, None, 1.0)


def test_two_that_know_nothing_do_not_agree():
    accuracy = Accuracy()
    accuracy.add(np.full((1, 3), NAN), None, np.full((1, 3), NAN))
    assert accuracy.agreement == 0.0


def test_powers_are_sums_of_squares_over_batches():
    powers = Powers()
    powers.add(np.array([[3.0, 4]], np.float32), np.array([[3.0, 4.5]], np.float32))
    powers.add(np.array([10.0]), np.array([9.0]))
    assert powers == Powers(3, 125.0, 1.25)
    assert powers.sqnr_db == pytest.approx(20)
    other = Powers(1, 125.0, 1.25)
    other.merge(powers)
    assert other == Powers(4, 250.0, 2.5)


def test_powers_are_added_in_double_precision():
    powers = Powers()
    powers.add(np.full(2**14, 1 + 2**-12, np.float32), np.ones(2**14, np.float32))
    assert powers == Powers(2**14, 2**14 * (1 + 2**-12) ** 2, 2**-10)


@pytest.mark.parametrize(
    ("exact", "ours", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], inf),
        ([1.0, 2.0], [NAN, 2.0], -inf),
        ([1.0, 2.0], [inf, 2.0], -inf),
        ([1.0, -inf], [1.1, 0.0], 20.0),
        ([2.0, 0.0], [0.0, 0.0], 0.0),
    ],
)
def test_sqnr_at_its_edges(exact, ours, expected):
    powers = Powers()
    powers.add(np.array(exact), np.array(ours))
    assert powers.sqnr_db == pytest.approx(expected)


def test_sqnr_without_a_signal_is_unknown():
    assert isnan(Powers(3, 0.0, 1.0).sqnr_db)


@pytest.mark.parametrize("ours", [0.0, NAN])
def test_nan_in_floating_point_makes_the_ratio_unknown_for_good(ours):
    powers, whole = Powers(), Powers()
    powers.add(np.array([1.0, NAN]), np.array([1.5, ours]))
    powers.add(np.array([1.0]), np.array([1.5]))
    whole.add(np.array([1.0]), np.array([1.5]))
    whole.merge(powers)
    assert isnan(powers.sqnr_db)
    assert isnan(whole.sqnr_db)
