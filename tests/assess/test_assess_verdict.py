"""The verdict: its rules at their borders, and the words and numbers that it gives as reasons."""

from dataclasses import replace
from pathlib import Path

import pytest

from lpasim.formats import Integer
from lpasim.quantization.assessment import AssessedTensor, Assessment
from lpasim.quantization.distribution import Distribution, Histogram
from lpasim.quantization.format_error import BITS, COMPARED, Score
from lpasim.quantization.verdict import Grade, judge
from lpasim.reports.assess_words import SENTENCES, reasons


def tensor(name, four, macs=10, elements=10, *, eight=40.0, operand="weights", peak=2.0, depthwise=False):
    """A tensor with given decibels for LP; those of each other format are one lower."""
    decibels = {8: eight, 4: four, 2: 5.0}
    scores = tuple(
        Score(kind, bits, Integer(bits), decibels[bits] - (kind != "lp"), decibels[bits] - (kind != "lp"))
        for bits in BITS
        for kind in COMPARED
    )
    described = Distribution(elements, 0.0, -1.0, -peak, -9.0, 0.0, 7.0, Histogram(-24.0, (0.0,) * 96, 0.0))
    return AssessedTensor(name, "Conv", operand, depthwise, macs, described, scores, 1.5)


def assessment(*tensors, **fields):
    return replace(Assessment(Path("net.onnx"), "fold", tensors, {}, {}), **fields)


@pytest.mark.parametrize(
    ("tensors", "grade"),
    [
        ([tensor("a", 15.0, 90, 90), tensor("b", 14.99)], Grade.FOUR),
        ([tensor("a", 15.0, 89, 90), tensor("b", 14.99, 11, 10)], Grade.MIXED),
        ([tensor("a", 15.0, 90, 89), tensor("b", 14.99, 10, 11)], Grade.MIXED),
        ([tensor("a", 15.0, 50, 50), tensor("b", 14.99, 50, 50)], Grade.MIXED),
        ([tensor("a", 15.0, 99, 49), tensor("b", 14.99, 1, 51)], Grade.EIGHT),
        ([tensor("a", 16.0, 95, 95), tensor("b", 9.0, 5, 5, eight=14.9)], Grade.FOUR),
        ([tensor("a", 16.0, 94, 95), tensor("b", 9.0, 6, 5, eight=14.9)], Grade.DIFFICULT),
        ([tensor("a", 16.0), tensor("a", 9.0, operand="input")], Grade.FOUR),
        ([tensor("a", 16.0), tensor("a", 9.0, eight=9.0, operand="second input")], Grade.DIFFICULT),
    ],
)
def test_grades_at_the_borders_of_their_rules(tensors, grade):
    assert judge(assessment(*tensors)).grade == grade


def test_shares_are_counted_once_a_tensor():
    verdict = judge(assessment(tensor("a", 20.0, 30, 1), tensor("b", 10.0, 10, 3), tensor("b", 18.0, operand="input")))
    four = verdict.weights[4]
    assert (four.macs, four.values, four.held, four.of) == (0.75, 0.25, 1, 2)
    assert (verdict.activations[4].macs, verdict.activations[2].held) == (1.0, 0)


def test_the_other_choice_for_normalizations_replaces_what_it_changes():
    tensors = (tensor("a", 10.0, 10, 10), tensor("b", 20.0, 30, 30))
    verdict = judge(assessment(*tensors, alternative_db={"a": 15.5}))
    assert (verdict.weights[4].macs, verdict.alternative.macs) == (0.75, 1.0)
    text = " ".join(reasons(assessment(*tensors, alternative_db={"a": 15.5}), verdict))
    assert "With --batchnorm ppu, which changes the weights of 1 layer, 4 bits would hold 2 of 2 tensors" in text
    assert judge(assessment(*tensors)).alternative is None


def test_lp_is_compared_layer_by_layer():
    first = tensor("a", 20.0)
    worse = tuple(
        replace(score, sqnr_db=30.0) if (score.kind, score.bits) == ("int", 4) else score for score in first.scores
    )
    found = judge(assessment(first, replace(first, scores=worse), tensor("c", 10.0))).comparisons
    assert (found["int"][4].as_good, found["int"][4].median_db) == (2, 1.0)
    assert (found["posit"][4].as_good, found["posit"][8].median_db) == (3, 1.0)


def test_formats_that_both_hold_a_tensor_exactly_are_equal():
    exact = tuple(replace(score, sqnr_db=float("inf")) for score in tensor("a", 20.0).scores)
    found = judge(assessment(replace(tensor("a", 20.0), scores=exact))).comparisons["flint"][2]
    assert (found.as_good, found.median_db) == (1, 0.0)


def test_ranking_puts_the_most_difficult_first_and_keeps_order():
    tensors = (tensor("a", 16.0), tensor("b", 9.0), tensor("b", 3.0, operand="input"), tensor("c", 9.0))
    found = assessment(*tensors).ranking
    assert [(each.layer, each.operand) for each in found] == [
        ("b", "input"), ("b", "weights"), ("c", "weights"), ("a", "weights"),
    ]  # fmt: skip


def test_reasons_in_words():
    made = assessment(
        replace(tensor("dw", 9.0, depthwise=True), dead_channels=3),
        tensor("fc", 17.0, peak=6.0),
        *(tensor(f"x{place}", 9.5) for place in range(5)),
        skipped={"odd: weights": "values must not all be zero"},
    )
    text = reasons(made, judge(made))
    assert "at 2 bits none of 7 tensors" in text[0]
    assert text[1] == "Not held at 4 bits: dw (9.0 dB), x0 (9.5 dB), x1 (9.5 dB), x2 (9.5 dB), x3 (9.5 dB), and 1 more."
    assert text[2].startswith("Depthwise layers held at 4 bits: 0 of 1. The largest of their channels is 1.5 octaves")
    assert text[3] == "Activations were not looked at: --images shows them."
    assert text[4].endswith("furthest fc: 64 root mean squares, kurtosis 7.")
    assert "+1.0 dB over integer (7 of 7)" in text[5]
    assert text[6].startswith("3 output channels with weights near zero")
    assert text[7] == "Not assessed: odd: weights: values must not all be zero."
    assert set(SENTENCES) == set(Grade)
