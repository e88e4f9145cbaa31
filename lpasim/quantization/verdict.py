"""Whether a network suits logarithmic posits: a grade by stated rules, and the reasons in words and numbers.

The rules were set beside the measured accuracies of nine trained networks; `docs/assess.md` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from lpasim.quantization.assessment import AssessedTensor, Assessment
from lpasim.quantization.format_error import BITS, COMPARED

HOLDS_DB = 15.0
"""A format holds a tensor whose `channel_sqnr_db` is at least this: noise of a 32nd of the power (assumption). A log
posit of 4 bits has 18.9 dB on a normal distribution, one of 2 bits 7.2 dB."""
MOST = 0.9
"""Share of multiply-accumulates, and of weights, that 4 bits must hold for a network to suit 4 bits (assumption)."""
HALF = 0.5
"""The same for a mix of 4 and 8 bits to be worth its while (assumption)."""
NEARLY_ALL = 0.95
"""Share that 8 bits must hold, or the network is difficult (assumption)."""
AS_GOOD_DB = 0.01
"""Differences of signal-to-noise ratios that do not count: far below what the steps of a search for a scale cause."""


class Grade(StrEnum):
    """What a network suits."""

    FOUR = "4 bits"
    MIXED = "4 and 8 bits"
    EIGHT = "8 bits"
    DIFFICULT = "difficult"


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a network a width holds.

    Attributes
    ----------
    macs, values : float
        Shares of the multiply-accumulates, and of the weights (or activations), of the tensors that are held.
    held, of : int
        Tensors that are held, and all.
    """

    macs: float
    values: float
    held: int
    of: int

    def reaches(self, least: float) -> bool:
        """Tell whether both shares are at least that."""
        return min(self.macs, self.values) >= least


@dataclass(frozen=True, slots=True)
class Comparison:
    """LP against another kind of format at one width, over the weights of all layers, or over activations.

    Attributes
    ----------
    as_good : int
        Tensors in which LP's squared error is no larger, up to `AS_GOOD_DB`.
    median_db : float
        Median over tensors of what LP's signal-to-noise ratio is higher [dB].
    """

    as_good: int
    median_db: float


@dataclass(frozen=True)
class Verdict:
    """The verdict, and what it rests on.

    Attributes
    ----------
    weights, activations : Mapping
        Share by bits; `activations` is empty without images.
    alternative : Share, optional
        That of weights at 4 bits under the other choice for batch normalizations, where that matters.
    comparisons, activation_comparisons : Mapping
        Of weights and of activations, by kind of format and bits; the latter is empty without images.
    """

    grade: Grade
    weights: Mapping[int, Share]
    activations: Mapping[int, Share]
    alternative: Share | None
    comparisons: Mapping[str, Mapping[int, Comparison]]
    activation_comparisons: Mapping[str, Mapping[int, Comparison]]


def judge(assessment: Assessment) -> Verdict:
    """Apply the rules to an assessment."""
    weights, activations = assessment.of("weights"), assessment.of("input", "second input")
    shares = {bits: _share(weights, _decibels_at(bits)) for bits in BITS}
    observed = {bits: _share(activations, _decibels_at(bits)) for bits in BITS} if activations else {}
    other = assessment.alternative_db
    turned = _share(weights, lambda tensor: other.get(tensor.layer, tensor.difficulty_db)) if other else None
    compared = (_comparisons(weights), _comparisons(activations) if activations else {})
    return Verdict(_grade(shares, observed), shares, observed, turned, *compared)


def holds(decibels: float) -> bool:
    """Tell whether a format holds a tensor."""
    return decibels >= HOLDS_DB


def _grade(weights: Mapping[int, Share], activations: Mapping[int, Share]) -> Grade:
    if not weights[8].reaches(NEARLY_ALL) or (activations and activations[8].macs < NEARLY_ALL):
        return Grade.DIFFICULT
    if weights[4].reaches(MOST):
        return Grade.FOUR
    return Grade.MIXED if weights[4].reaches(HALF) else Grade.EIGHT


def _decibels_at(bits: int) -> Callable[[AssessedTensor], float]:
    return lambda tensor: tensor.score("lp", bits).channel_sqnr_db


def _share(tensors: Sequence[AssessedTensor], decibels: Callable[[AssessedTensor], float]) -> Share:
    held = [tensor for tensor in tensors if holds(decibels(tensor))]
    macs, values = ((_total(held, key), _total(tensors, key)) for key in (_macs, _elements))
    return Share(macs[0] / macs[1], values[0] / values[1], len(held), len(tensors))


def _total(tensors: Iterable[AssessedTensor], key: Callable[[AssessedTensor], int]) -> int:
    return sum(key(tensor) for tensor in tensors)


def _macs(tensor: AssessedTensor) -> int:
    return tensor.macs


def _elements(tensor: AssessedTensor) -> int:
    return tensor.distribution.elements


def _comparisons(tensors: Sequence[AssessedTensor]) -> dict[str, dict[int, Comparison]]:
    return {kind: {bits: _compare(tensors, kind, bits) for bits in BITS} for kind in COMPARED[1:]}


def _compare(tensors: Sequence[AssessedTensor], kind: str, bits: int) -> Comparison:
    """Compare squared errors. Two formats that hold a tensor exactly are equal, and no infinity is subtracted."""
    pairs = [(tensor.score("lp", bits).sqnr_db, tensor.score(kind, bits).sqnr_db) for tensor in tensors]
    gains = [0.0 if lp == other else lp - other for lp, other in pairs]
    return Comparison(sum(gain >= -AS_GOOD_DB for gain in gains), median(gains))
