"""The verdict of an assessment in plain words: one sentence, its reasons, and what it cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from lpasim.quantization.assessment import DIFFICULT_BITS, AssessedTensor, Assessment
from lpasim.quantization.verdict import HOLDS_DB, Grade, Share, Verdict, holds
from lpasim.reports.numbers import counted, percent, plain

SENTENCES = {
    Grade.FOUR: "By the errors of its tensors, LP suits this network with 4-bit weights.",
    Grade.MIXED: "By the errors of its tensors, LP suits this network with 4-bit weights in most layers, and 8-bit "
    "weights in the difficult ones.",
    Grade.EIGHT: "By the errors of its tensors, LP suits this network with 8-bit weights; 4 bits hold less than half.",
    Grade.DIFFICULT: "This network is difficult for LP: even at 8 bits, one format a tensor does not hold all of it.",
}
LIMITS = (
    "This is about the errors of single tensors, not about accuracy: layers matter differently to the answers, their "
    "errors add up with depth, and a network of few weights bears less of them. lpasim infer counts the answers."
)
NAMES = {"lp": "LP", "int": "integer", "posit": "posit", "adaptivfloat": "AdaptivFloat", "flint": "flint"}
NAMED = 5
"""Most layers that a reason names."""
OUTLIER_LOG2 = 5.0
"""Largest magnitude over the root mean square [log2] from which on outliers are spoken of (assumption): a million
values of a normal distribution reach 2.3."""


def reasons(assessment: Assessment, verdict: Verdict) -> list[str]:
    """Return the reasons of a verdict, one sentence or two each."""
    parts = (
        _weights(verdict),
        _difficult(assessment),
        _depthwise(assessment),
        _batchnorm(assessment, verdict),
        _activations(assessment, verdict),
        _outliers(assessment),
        _others(verdict),
        _left_out(assessment),
    )
    return [reason for part in parts for reason in part]


def _weights(verdict: Verdict) -> Iterator[str]:
    shares = "; ".join(f"at {bits} bits {_held(share, 'weights')}" for bits, share in verdict.weights.items())
    yield (
        f"Weights that LP holds (noise at least {HOLDS_DB:g} dB below the signal, every live channel counting the "
        f"same): {shares}."
    )


def _held(share: Share, things: str) -> str:
    if not share.held:
        return f"none of {counted(share.of, 'tensor')}"
    return (
        f"{share.held} of {counted(share.of, 'tensor')} with {percent(share.macs, 1)} of the MACs and "
        f"{percent(share.values, 1)} of the {things}"
    )


def _difficult(assessment: Assessment) -> Iterator[str]:
    found = [tensor for tensor in assessment.ranking if not holds(tensor.difficulty_db)]
    if found:
        named = ", ".join(f"{_name(tensor)} ({tensor.difficulty_db:.1f} dB)" for tensor in found[:NAMED])
        more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
        yield f"Not held at {DIFFICULT_BITS} bits: {named}{more}."


def _name(tensor: AssessedTensor) -> str:
    return tensor.layer if tensor.operand == "weights" else f"{tensor.operand} of {tensor.layer}"


def _depthwise(assessment: Assessment) -> Iterator[str]:
    weights = assessment.of("weights")
    depthwise = [tensor for tensor in weights if tensor.depthwise]
    others = [tensor for tensor in weights if not tensor.depthwise]
    if depthwise:
        held = sum(holds(tensor.difficulty_db) for tensor in depthwise)
        apart = f", {_spread(others)} in other layers" if others else ""
        yield (
            f"Depthwise layers held at {DIFFICULT_BITS} bits: {held} of {len(depthwise)}. The largest of their "
            f"channels is {_spread(depthwise)} octaves above the median one{apart} (medians over layers)."
        )


def _spread(tensors: list[AssessedTensor]) -> str:
    return f"{median(tensor.spread_log2 or 0.0 for tensor in tensors):.1f}"


def _batchnorm(assessment: Assessment, verdict: Verdict) -> Iterator[str]:
    if verdict.alternative is not None:
        other = "ppu" if assessment.batchnorm == "fold" else "fold"
        layers = counted(len(assessment.alternative_db), "layer")
        yield (
            f"With --batchnorm {other}, which changes the weights of {layers}, {DIFFICULT_BITS} bits would hold "
            f"{_held(verdict.alternative, 'weights')}."
        )


def _activations(assessment: Assessment, verdict: Verdict) -> Iterator[str]:
    if not verdict.activations:
        yield "Activations were not looked at: --images shows them."
        return
    shares = "; ".join(f"at {bits} bits {_held(share, 'elements')}" for bits, share in verdict.activations.items())
    yield f"Activations that LP holds: {shares}."


def _outliers(assessment: Assessment) -> Iterator[str]:
    found = [tensor for tensor in assessment.tensors if tensor.distribution.peak_log2 >= OUTLIER_LOG2]
    if found:
        worst = max(found, key=lambda tensor: tensor.distribution.peak_log2)
        described = worst.distribution
        yield (
            f"{counted(len(found), 'tensor')} with outliers, {2**OUTLIER_LOG2:g} root mean squares or more away; "
            f"furthest {_name(worst)}: {plain(2**described.peak_log2)} root mean squares, kurtosis "
            f"{plain(described.kurtosis)}."
        )


def _others(verdict: Verdict) -> Iterator[str]:
    sides = [("weights", verdict.weights, verdict.comparisons)]
    if verdict.activations:
        sides.append(("activations", verdict.activations, verdict.activation_comparisons))
    for things, shares, comparisons in sides:
        count = shares[DIFFICULT_BITS].of
        found = ((NAMES[kind], row[DIFFICULT_BITS]) for kind, row in comparisons.items())
        gains = ", ".join(f"{each.median_db:+.1f} dB over {name} ({each.as_good} of {count})" for name, each in found)
        yield (
            f"Against other formats at {DIFFICULT_BITS} bits, LP's median gain over the {things} of layers, and in how "
            f"many it is at least as good: {gains}."
        )


def _left_out(assessment: Assessment) -> Iterator[str]:
    dead = sum(tensor.dead_channels for tensor in assessment.tensors)
    if dead:
        yield f"{counted(dead, 'output channel')} with weights near zero, taken to be dead, left out of these decibels."
    if assessment.skipped:
        named = "; ".join(f"{name}: {reason}" for name, reason in list(assessment.skipped.items())[:NAMED])
        more = f"; and {len(assessment.skipped) - NAMED} more" if len(assessment.skipped) > NAMED else ""
        yield f"Not assessed: {named}{more}."
