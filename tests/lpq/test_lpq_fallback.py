"""The bound on what quantization costs: bits are raised until it holds."""

from __future__ import annotations

import numpy as np
import pytest
from lpq_short import IMAGES, found_for, run_of, tiny
from lpq_subjects import fashion, pictures

from lpasim.errors import SearchError
from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.fallback import Check, Target, most_harmful
from lpasim.lpq.quantized_run import Quantized


def agreement(outcome, images):
    with team(1) as members:
        exact = answers(fashion(), images, Quantized(), members)
    return 100 * (run_of(outcome, images).argmax(axis=1) == exact.argmax(axis=1)).mean()


def test_the_fallback_raises_bits_until_answers_agree():
    low = {"weight_bits": 2.6, "activation_bits": 4.2, "reconstruct": False}
    free, bound = found_for(**low), found_for(**low, fallback=4.0)
    images = pictures(IMAGES)
    assert agreement(free, images) < 96 <= agreement(bound, images)
    assert free.raised == ()
    assert bound.raised
    assert bound.weight_bits >= free.weight_bits
    for name, fmt in bound.formats.items():
        assert (fmt.n > free.formats[name].n) == (f"weights of {name}" in bound.raised)
    for group, tensors in fashion().groups.items():
        for tensor in tensors:
            wider = bound.activations[tensor].n > free.activations[tensor].n
            assert wider == (f"activations of {group}" in bound.raised)


def test_a_fallback_that_holds_raises_nothing():
    assert found_for(*tiny(), weight_bits=8.0, activation_bits=8.0, fallback=50.0).raised == ()


def test_a_bound_that_no_width_meets_is_refused():
    subject, images = tiny()
    with team(1) as members:
        top = answers(subject, images, Quantized(), members).argmax(axis=1)
    low = {"bits": (2,), "weight_bits": 2.0, "activation_bits": 2.0, "reconstruct": False}
    with pytest.raises(
        SearchError,
        match=r"^top-1 accuracy must drop by at most 1 points, got [0-9.]+ with all at 2 bits \(fallback\)$",
    ):
        found_for(subject, images, **low, fallback=1.0, labels=top)
    with pytest.raises(SearchError, match=r"^agreement with floating point must drop by at most 0 points, got "):
        found_for(subject, images, **low, fallback=0.0)
    assert found_for(subject, images, **low, fallback=100.0).raised == ()


def test_the_check_counts_answers_or_accuracy():
    exact, got = np.eye(4), np.eye(4)[[0, 1, 0, 0]]
    assert Check(exact, None).drop(got) == 50
    assert Check(exact, np.array([0, 1, 0, 0])).drop(got) == -50
    assert Check(exact, np.array([0, 1, 2, 0])).drop(got) == 0
    assert Check(exact, np.array([0, 1, 2, 3])).drop(got) == 50


def test_weights_and_a_tensor_of_the_same_name_are_two_things():
    """ONNX keeps names of nodes and of tensors apart."""
    weights, activations = Target("weights", "a"), Target("activations", "a")
    assert most_harmful({weights: 1.0, activations: 2.0}, [weights, activations]) == [activations]
    assert most_harmful({weights: 1.0, activations: 2.0}, [weights]) == [weights]
    many = {Target("weights", str(index)): float(index) for index in range(30)}
    assert [target.name for target in most_harmful(many, list(many))] == ["29", "28", "27"]
    outcome = found_for(*tiny(), weight_bits=2.0, activation_bits=2.0, fallback=5.0)
    assert set(outcome.formats) <= set(outcome.activations)
    for operand, formats in (("weights", outcome.formats), ("activations", outcome.activations)):
        for name, fmt in formats.items():
            assert fmt.n == (2, 4, 8)[outcome.raised.count(f"{operand} of {name}")]
    assert {"weights", "activations"} == {entry.split()[0] for entry in outcome.raised}
