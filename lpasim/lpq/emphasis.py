"""A second fit for the activations that do most harm: one that looks more at small values.

Squared error looks at large values. Some tensors have few that are huge (the residual streams of transformers) or many
that are small and matter together (probabilities of attention), so that the format of least squared error does far more
harm than one that keeps small values finer. Which of both is better is measured, not guessed.

References
----------
M. Sun et al., "Massive Activations in Large Language Models", COLM 2024, arXiv 2402.17762 (few activations that are
larger by orders of magnitude; found in vision transformers, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.activation_formats import ActivationFits, first_places, harm_at_widths
from lpasim.lpq.crowd import Team
from lpasim.lpq.harm import Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.subject import Subject
from lpasim.quantization.sample import Sample

DECISIVE = 0.8
"""Part of all harm that is looked at again: that of the groups that do most of it (assumption, from an ablation on
ViT-Tiny: 18 of its 111 groups)."""

MARGIN = 3.0
"""How many times less harm the second fit must do. Weights that are corrected later make up for a part of the squared
error, and for less of other errors, so that a slight gain is a loss in the end (assumption, from an ablation: with a
margin of 1, ResNet-56 ends at a divergence of 0.094 nat instead of 0.064)."""

Harms = Mapping[str, Mapping[int, float]]
"""Harm of rounding a group alone, by group and width [nat]."""


@dataclass(frozen=True)
class _Way:
    """A way to fit a group, and the harm that was measured at some widths."""

    fits: ActivationFits
    measured: dict[str, dict[int, float]]

    def harm(self, group: str, width: int) -> float:
        """Return the harm at a width: that at the nearest measured one, taken to grow with the squared error."""
        measured, errors = self.measured[group], self.fits.errors[group]
        probe = min(measured, key=lambda n: abs(n - width))
        return measured[probe] * errors[width] / errors[probe] if errors[probe] else 0.0


def emphasised(sample: Sample) -> Sample:
    """Weigh errors with the inverse of the magnitude."""
    magnitudes = sample.magnitudes
    weights = np.divide(sample.weights, magnitudes, out=np.zeros_like(magnitudes), where=magnitudes > 0)
    return replace(sample, weights=weights)


def refitted(
    subject: Subject,
    images: NDArray[np.float32],
    kind: str,
    samples: Mapping[str, tuple[Sample, bool]],
    fits: ActivationFits,
    harm: Mapping[str, float],
    probe: int,
    team: Team,
) -> tuple[ActivationFits, Harms]:
    """Give the groups that do most harm the better one of two formats at each width.

    Parameters
    ----------
    images : ndarray [N, ...]
        What the network is run on.
    kind : str
        Kind of number format.
    samples : mapping
        Group -> its values, and whether any is negative.
    fits : ActivationFits
        Formats of least squared error.
    harm : mapping
        What they do at the width `probe`, by group.

    Returns
    -------
    ActivationFits
        The formats, with the errors that they were fitted to.
    Harms
        What they do at each width. Both ways are measured at the probe and at the largest width, to be compared; of a
        group that keeps its first fit at every width it is taken from the probe alone, so that all share bits alike.
    """
    decisive = _decisive(harm)
    bits = sorted(next(iter(fits.formats.values())))
    finer = {group: (emphasised(samples[group][0]), samples[group][1]) for group in decisive}
    plain = _Way(fits, {group: {probe: found} for group, found in harm.items()})
    fine = _Way(ActivationFits.of(kind, bits, finer), {group: {} for group in decisive})
    _measure(subject, images, [(plain, {bits[-1]} - {probe}), (fine, {bits[-1], probe})], decisive, team)
    usual = harm_at_widths(fits, harm, probe)
    chosen: dict[str, dict[int, _Way]] = {}
    for group in fits.formats:
        ways = (plain, fine) if group in fine.measured else (plain,)
        chosen[group] = {n: _best(ways, group, n) for n in bits}
    return (
        ActivationFits(
            {group: {n: way.fits.formats[group][n] for n, way in ways.items()} for group, ways in chosen.items()},
            {group: {n: way.fits.errors[group][n] for n, way in ways.items()} for group, ways in chosen.items()},
        ),
        {group: _falling(group, ways) if fine in ways.values() else usual[group] for group, ways in chosen.items()},
    )


def _best(ways: tuple[_Way, ...], group: str, width: int) -> _Way:
    """Return the first way, unless the second one is far better."""
    plain, *finer = ways
    return next((way for way in finer if MARGIN * way.harm(group, width) < plain.harm(group, width)), plain)


def _falling(group: str, ways: Mapping[int, _Way]) -> dict[int, float]:
    """Return the harm at each width, which a bit more at least halves: tiny measures are noise."""
    found: dict[int, float] = {}
    least, before = inf, 0
    for n, way in ways.items():
        least = found[n] = min(way.harm(group, n), least / 2 ** (n - before))
        before = n
    return found


def _decisive(harm: Mapping[str, float]) -> list[str]:
    """Return the groups that do `DECISIVE` of all harm, those that do most of it first."""
    found, left = [], DECISIVE * sum(harm.values())
    for group in sorted(harm, key=lambda name: -harm[name]):
        if left <= 0:
            break
        found.append(group)
        left -= harm[group]
    return found


def _measure(
    subject: Subject,
    images: NDArray[np.float32],
    wanted: list[tuple[_Way, set[int]]],
    groups: list[str],
    team: Team,
) -> None:
    """Add the harm that groups do at some widths, all of them in one go."""
    places = first_places(subject)
    changes, targets = {}, {}
    for number, (way, widths) in enumerate(wanted):
        for n in sorted(widths):
            for group in groups:
                name = f"{group} {number} {n}"
                rounded = dict.fromkeys(subject.groups[group], way.fits.formats[group][n])
                changes[name] = Change(places[group], Quantized(activations=rounded))
                targets[name] = way.measured[group], n
    for name, found in harm_of_each(subject, images, changes, team).items():
        measured, n = targets[name]
        measured[n] = found
