"""All that a search needs before its first candidate: formats of activations, moments, and closed-form starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.activation_formats import (
    ActivationFits,
    activation_harm,
    activation_shares,
    observed,
)
from lpasim.lpq.allocation import Share, allocate
from lpasim.lpq.budget import Budget
from lpasim.lpq.crowd import Team
from lpasim.lpq.emphasis import refitted
from lpasim.lpq.float_run import check_float_run
from lpasim.lpq.genes import Candidate, Site, Space
from lpasim.lpq.plan import PROBE_IMAGES, Plan
from lpasim.lpq.rounding import Rounder, float_moments
from lpasim.lpq.subject import Subject
from lpasim.lpq.tokens import TokenWeights, token_weights
from lpasim.lpq.weight_widths import closed_form, weight_harm, weight_shares
from lpasim.quantization.sample import draw

WEIGHT_SAMPLE = 2**16
"""Most weights of a layer that a format is fitted to."""
WEIGHT_PROBE, ACTIVATION_PROBE = 4, 5
"""Widths at which harm is measured, or the nearest ones that are allowed (assumption)."""
LEAST_ACTIVATION = 4
"""Fewest bits of an activation where the average allows as many: below, a harm that was measured at 5 bits says little
(assumption)."""
TOKEN_IMAGES = 16
"""Images on which the weights of tokens are measured (assumption)."""

Stage = Callable[[str], None]
"""Is told what begins."""


@dataclass(frozen=True)
class Prepared:
    """What a search starts from.

    Attributes
    ----------
    space : Space
        All candidates.
    rounder : Rounder
        Rounds weights for the search.
    tokens : TokenWeights
        How much each token counts.
    fits : ActivationFits
        Formats of activations at every width.
    widths : mapping
        Width of each group of activations.
    activation_shares, weight_shares : mapping
        Harm of each group of activations, and of each layer's weights, at every width.
    weight_harm : mapping
        That of each layer's weights as it was measured, at one width; empty if it was not [nat].
    starts : tuple of Candidate
        Closed-form candidates, or the warm start; none where the search starts at random.
    """

    space: Space
    rounder: Rounder
    tokens: TokenWeights
    fits: ActivationFits
    widths: Mapping[str, int]
    activation_shares: Mapping[str, Share]
    weight_shares: Mapping[str, Share]
    weight_harm: Mapping[str, float]
    starts: tuple[Candidate, ...]


def prepare(
    subject: Subject,
    images: NDArray[np.float32],
    plan: Plan,
    team: Team,
    *,
    warm: Callable[[Space], Candidate] | None = None,
    stage: Stage = lambda name: None,
    source: str = "calibration",
) -> Prepared:
    """Observe a network on images, and choose where its search starts.

    Parameters
    ----------
    images : ndarray [N, ...]
        Calibration images.
    warm : callable, optional
        Gives the candidate to start from, in place of measured closed forms.
    stage : callable
        Is told what begins.
    source : str
        Where the images are from, for messages.

    Raises
    ------
    NetworkError
        If all weights are zero, or values in float32 are not finite.
    SearchError
        If the average bits that are asked for cannot be met, or images are alike.
    """
    few = images[:PROBE_IMAGES]
    stage("observing activations")
    check_float_run(subject, images[: plan.search.images], team, source)
    tokens = token_weights(subject, images[:TOKEN_IMAGES], team)
    probe, widths_allowed = _activation_bits(plan)
    samples = observed(subject, few, team)
    fits = ActivationFits.of(plan.kind, sorted({probe, *widths_allowed}), samples)
    stage("measuring which activations need bits")
    harm = activation_harm(subject, few, fits, probe, team)
    fits, harms = refitted(subject, few, plan.kind, samples, fits, harm, probe, team)
    measured = activation_shares(subject, harms)
    shares_alone = {group: share.among(widths_allowed) for group, share in measured.items()}
    widths = allocate(shares_alone, plan.average_activation_bits, "activations")
    space = space_of(subject, plan)
    compensated = plan.rounding == "compensated"
    stage("gathering moments")
    rounder = Rounder(float_moments(subject, images, tokens, team, plan.search.seed) if compensated else {})
    shares: Mapping[str, Share] = {}
    harm_alone: Mapping[str, float] = {}
    from_closed_forms = warm is None and plan.search.start == "fitted"
    if from_closed_forms or plan.fallback is not None:
        stage("measuring which weights need bits")
        weight_probe = min(space.bits, key=lambda n: abs(n - WEIGHT_PROBE))
        measured_harm = weight_harm(subject, few, space, rounder, weight_probe, team)
        harm_alone = dict(zip((layer.name for layer in subject.layers), measured_harm, strict=True))
        shares = weight_shares(subject, space, measured_harm, weight_probe)
    starts: tuple[Candidate, ...] = ()
    if from_closed_forms:
        starts = _closed_forms(space, shares, plan)
    elif warm is not None:
        budget = Budget(space, plan.weight_bits)
        starts = (budget.repaired(warm(space), np.random.default_rng(plan.search.seed)),)
    return Prepared(space, rounder, tokens, fits, widths, shares_alone, shares, harm_alone, starts)


def space_of(subject: Subject, plan: Plan) -> Space:
    """Return all candidates for a network."""
    block_of = subject.blocks.block_of
    sites = [
        Site(layer.name, layer.count, draw(layer.matrices, WEIGHT_SAMPLE), block_of[layer.name])
        for layer in subject.layers
    ]
    return Space(plan.kind, plan.bits, sites)


def _activation_bits(plan: Plan) -> tuple[int, tuple[int, ...]]:
    """Return the width of the probe, and those that activations may take."""
    enough = tuple(n for n in plan.bits if n >= LEAST_ACTIVATION)
    allowed = enough if enough and enough[0] <= plan.average_activation_bits else plan.bits
    return min(plan.bits, key=lambda n: abs(n - ACTIVATION_PROBE)), allowed


def _closed_forms(space: Space, shares: Mapping[str, Share], plan: Plan) -> tuple[Candidate, ...]:
    """Return allocations of bits by measured harm: with all widths, and without the smallest ones."""
    found: dict[Candidate, None] = {}
    for least in range(len(space.bits)):
        if space.bits[least] > plan.weight_bits:
            break
        kept = {name: share.among(space.bits[least:]) for name, share in shares.items()}
        found[closed_form(space, kept, plan.weight_bits)] = None
    return tuple(found)
