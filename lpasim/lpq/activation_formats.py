"""Formats of activations: fitted to what calibration images give, with bits where they are needed most.

How many bits activations have on average is tied to the weights' bits: by default 5.5 / 4.2 as many, the ratio of the
averages that LPQ was published with, and at most 8. Which tensor gets how many is decided by the harm that rounding it
alone does to the network's answers.

References
----------
A. Ramachandran et al., DAC 2024, arXiv 2403.05465v2 (averages of 4.2 and 5.5 bits for weights and activations).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat
from lpasim.lpq.allocation import Share
from lpasim.lpq.blocks import running_nodes
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.families import FAMILIES
from lpasim.lpq.harm import INPUT, Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.subject import Subject
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import Sample, draw, pool

RATIO = 5.5 / 4.2
"""Average bits of activations over those of weights."""
MOST = 8
SAMPLE_AN_IMAGE = 4096
"""Elements that are kept of each tensor and image."""
UNSIGNED = {"flint": "uflint"}
"""Kinds of format that have a twin for tensors without negative values, as ANT uses it."""


def tied_bits(weight_bits: float) -> float:
    """Return the average bits of activations that go with an average of the weights' bits."""
    return min(MOST, weight_bits * RATIO)


def observed(subject: Subject, images: NDArray[np.float32], team: Team) -> dict[str, tuple[Sample, bool]]:
    """Sample the activations of each group that shares a format, and tell whether any value is negative."""
    wanted = {tensor for members in subject.groups.values() for tensor in members}

    def run(part: NDArray[np.float32]) -> dict[str, tuple[Sample, bool]]:
        found = {}

        def stored(name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
            if name in wanted:
                found[name] = draw(values, SAMPLE_AN_IMAGE * len(part)), bool(values.min() < 0)
            return values

        subject.executor(len(part)).run({subject.input: part}, stored=stored)
        return found

    results = team.map(run, parts_of(images, subject))
    return {
        group: (
            pool(found[tensor][0] for found in results for tensor in members),
            any(found[tensor][1] for found in results for tensor in members),
        )
        for group, members in subject.groups.items()
    }


@dataclass(frozen=True)
class ActivationFits:
    """The format of each group of activations at each width.

    Attributes
    ----------
    formats, errors : mapping
        Group -> width -> format of least squared error, and that error over the tensor's power.
    """

    formats: Mapping[str, Mapping[int, NumberFormat]]
    errors: Mapping[str, Mapping[int, float]]

    @classmethod
    def of(cls, kind: str, bits: Sequence[int], samples: Mapping[str, tuple[Sample, bool]]) -> ActivationFits:
        """Fit formats of a kind to samples, rounded as the kind was published."""
        formats: dict[str, dict[int, NumberFormat]] = {}
        errors: dict[str, dict[int, float]] = {}
        for group, (sample, signed) in samples.items():
            chosen = kind if signed else UNSIGNED.get(kind, kind)
            rounding = FAMILIES[chosen].format.own_rounding
            formats[group] = {n: fit_format(chosen, sample, n, rounding) for n in bits}
            errors[group] = {n: relative_error(fmt, sample) for n, fmt in formats[group].items()}
        return cls(formats, errors)

    def chosen(self, subject: Subject, widths: Mapping[str, int]) -> dict[str, NumberFormat]:
        """Return the format of each tensor when groups have these widths."""
        return {
            tensor: self.formats[group][widths[group]]
            for group, members in subject.groups.items()
            for tensor in members
        }


def relative_error(fmt: NumberFormat, sample: Sample) -> float:
    """Return the squared error of rounding a sample over its power."""
    power = float(sample.weights @ np.square(sample.magnitudes))
    if not power:
        return 0.0
    rounded = np.asarray(fmt.quantize(sample.magnitudes, fmt.own_rounding))
    return float(sample.weights @ np.square(rounded - sample.magnitudes)) / power


def activation_harm(
    subject: Subject, images: NDArray[np.float32], fits: ActivationFits, probe: int, team: Team
) -> dict[str, float]:
    """Measure the harm of rounding each group of activations alone: divergence of the answers [nat].

    Parameters
    ----------
    images : ndarray [N, ...]
        What the network is run on.
    probe : int
        Width of the format that is tried; harm at other widths is taken to grow with the squared error.
    """
    places = first_places(subject)
    changes = {
        group: Change(places[group], Quantized(activations=dict.fromkeys(members, fits.formats[group][probe])))
        for group, members in subject.groups.items()
    }
    return harm_of_each(subject, images, changes, team)


def first_places(subject: Subject) -> dict[str, int]:
    """Return for each group of activations the first node that makes one of them, or `INPUT`."""
    makers = {name: place for place, node in enumerate(running_nodes(subject.network)) for name in node.outputs}
    return {group: min(makers.get(tensor, INPUT) for tensor in members) for group, members in subject.groups.items()}


def harm_at_widths(fits: ActivationFits, harm: Mapping[str, float], probe: int) -> dict[str, dict[int, float]]:
    """Return the harm of each group at every width, from that at the probe's width and the squared errors."""
    found = {}
    for group, errors in fits.errors.items():
        scale = harm[group] / errors[probe] if errors[probe] else 0.0
        found[group] = {n: scale * error for n, error in errors.items() if n in fits.formats[group]}
    return found


def activation_shares(subject: Subject, harm: Mapping[str, Mapping[int, float]]) -> dict[str, Share]:
    """Return how much each group stores, with the harm that it does at every width for which there are formats."""
    sizes = _sizes(subject)
    return {group: Share(sizes[group], harm[group]) for group in subject.groups}


def average_activation_bits(subject: Subject, widths: Mapping[str, int]) -> float:
    """Return the bits of an activation, averaged over all elements that are stored for one image."""
    sizes = _sizes(subject)
    return sum(widths[group] * size for group, size in sizes.items()) / sum(sizes.values())


def _sizes(subject: Subject) -> dict[str, int]:
    """Return how many elements each group stores for one image."""
    return {
        group: sum(prod(subject.network.shape(tensor)) for tensor in members)
        for group, members in subject.groups.items()
    }
