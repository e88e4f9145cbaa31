"""A network with the formats that were found, and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import Reconstructed
from lpasim.lpq.rounding import Rounder
from lpasim.lpq.subject import Subject


def answers(subject: Subject, images: NDArray[np.float32], run: Quantized, members: Team) -> NDArray[Any]:
    """Return the results of a network [N, ...] for images."""

    def one(part: NDArray[np.float32]) -> NDArray[Any]:
        executor = subject.executor(len(part))
        passage = run.start(executor, subject.input, part)
        run.advance(passage, executor)
        return passage.results[subject.result]

    return np.concatenate(members.map(one, parts_of(images, subject)))


def quantized_run(
    subject: Subject,
    formats: Mapping[str, NumberFormat],
    activations: Mapping[str, NumberFormat],
    corrected: Reconstructed | None,
) -> Quantized:
    """Return a network as it runs quantized: with corrected weights, or else with the nearest values."""
    if corrected is not None:
        return Quantized(corrected.layers, activations, corrected.shifts(subject).get)
    nearest = Rounder({})
    return Quantized({layer.name: nearest.rounded(layer, formats[layer.name]) for layer in subject.layers}, activations)
