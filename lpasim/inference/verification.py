"""Dumps of layers against the plain reference of the datapath, one output at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from lpasim.datapath.reference import dot
from lpasim.datapath.reference_encoder import encode
from lpasim.inference.dump import LayerDump

Progress = Callable[[int, int], None]
"""Called with the outputs that are done, and with all that are to be verified."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An output that is not what the reference makes of the operands.

    Attributes
    ----------
    index : tuple of int
        g, p, q.
    expected_word, found_word : int
        Of the reference and of the dump.
    expected_sum, found_sum : float
        Without scale.
    """

    index: tuple[int, ...]
    expected_word: int
    found_word: int
    expected_sum: float
    found_sum: float


def first_difference(dump: LayerDump, limit: int, progress: Progress | None = None) -> Difference | None:
    """Return the first output that differs, of all or of `limit` that are spread evenly; None if all are equal.

    Parameters
    ----------
    dump : LayerDump
        What to verify.
    limit : int
        Outputs to compute, at least 1. The first is among them, and the last where there are at least two.
    progress : callable, optional
        Called after every output.
    """
    setting = dump.setting
    formats = setting.first_format, setting.second_format
    scale = Fraction(formats[0].sf) + Fraction(formats[1].sf)
    chosen = np.linspace(0, dump.words.size - 1, outputs_to_verify(dump, limit)).round().astype(np.int64)
    for done, place in enumerate(chosen.tolist(), 1):
        g, p, q = (int(i) for i in np.unravel_index(place, dump.words.shape))
        total = dot(dump.first[g, p], dump.second[g, :, q], *formats, setting.accumulator, setting.datapath)
        word = encode(total, scale, setting.output_format, setting.datapath)
        found = Difference((g, p, q), word, int(dump.words[g, p, q]), total, float(dump.sums[g, p, q]))
        if found.found_word != word or not _same(found.found_sum, total):
            return found
        if progress is not None:
            progress(done, len(chosen))
    return None


def outputs_to_verify(dump: LayerDump, limit: int) -> int:
    """Return how many outputs are computed."""
    return min(limit, dump.words.size)


def _same(found: float, expected: float) -> bool:
    return found == expected or (math.isnan(found) and math.isnan(expected))
