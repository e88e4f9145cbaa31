"""Dumps of layers against the datapath: every output by the compiled product, and some by the plain reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.matmul import matmul
from lpasim.datapath.reference_encoder import encode
from lpasim.datapath.reference_sums import dot
from lpasim.inference.dump import LayerDump

Progress = Callable[[int, int], None]
"""Called with the outputs that the plain reference has computed, and with all that it is to compute."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its sum without scale, and the code word that the encoder makes of it."""

    word: int
    sum: float

    def equals(self, other: Output) -> bool:
        """Whether both are the same to the bit; any NaN is as good as another."""
        return self.word == other.word and bool(_same(np.array(self.sum), np.array(other.sum)))


@dataclass(frozen=True, slots=True)
class Difference:
    """An output on which the file, the compiled datapath and the plain reference do not all agree.

    Attributes
    ----------
    index : tuple of int
        g, p, q.
    found, compiled, plain : Output
        In the file, by the compiled datapath, and by the plain reference.
    """

    index: tuple[int, ...]
    found: Output
    compiled: Output
    plain: Output

    @property
    def internal(self) -> bool:
        """Whether the two ways to compute it disagree, whatever the file holds: an error of lpasim."""
        return not self.compiled.equals(self.plain)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out.

    Attributes
    ----------
    words : int
        Outputs of the file, all of which were compared with the compiled datapath.
    recomputed : int
        How many of them the plain reference computed.
    difference : Difference or None
        The first in the order of the file, None if there is none.
    """

    words: int
    recomputed: int
    difference: Difference | None


def verify(dump: LayerDump, most: int | None, progress: Progress | None = None) -> Verification:
    """Compare every output with the compiled datapath, and confirm that with the plain reference.

    The reference computes the first output that differs; if there is none, all of them, or `most` spread evenly.

    Parameters
    ----------
    dump : LayerDump
        What to verify.
    most : int or None
        Outputs that the reference computes, at least 1; None for all. The first is among them, and the last where there
        are at least two.
    progress : callable, optional
        Called after every output of the reference.
    """
    compiled = _computed(dump)
    wrong = np.flatnonzero((dump.words != compiled.words) | ~_same(dump.sums, compiled.sums))
    if wrong.size:
        return Verification(dump.words.size, 1, _difference(dump, compiled, int(wrong[0])))
    count = dump.words.size if most is None else min(most, dump.words.size)
    for done, place in enumerate(np.linspace(0, dump.words.size - 1, count).round().astype(np.int64).tolist(), 1):
        found = _difference(dump, compiled, place)
        if found.internal:
            return Verification(dump.words.size, done, found)
        if progress is not None:
            progress(done, count)
    return Verification(dump.words.size, count, None)


def _computed(dump: LayerDump) -> LayerDump:
    """Compute a dump again from its operands."""
    setting = dump.setting
    formats = setting.first_format, setting.second_format
    sums = matmul(dump.first, dump.second, *formats, setting.accumulator, setting.datapath)
    return LayerDump.of(setting, dump.first, dump.second, sums)


def _difference(dump: LayerDump, compiled: LayerDump, place: int) -> Difference:
    """Put an output of the file beside what both ways to compute it give."""
    setting = dump.setting
    g, p, q = (int(i) for i in np.unravel_index(place, dump.words.shape))
    formats = setting.first_format, setting.second_format
    total = dot(dump.first[g, p], dump.second[g, :, q], *formats, setting.accumulator, setting.datapath)
    scale = Fraction(formats[0].sf) + Fraction(formats[1].sf)
    plain = Output(encode(total, scale, setting.output_format, setting.datapath), total)
    found, fast = (Output(int(side.words[g, p, q]), float(side.sums[g, p, q])) for side in (dump, compiled))
    return Difference((g, p, q), found, fast, plain)


def _same(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which sums are the same to the bit, the sign of a zero too; any NaN is as good as another."""
    same: NDArray[np.bool_] = (first.view(np.uint64) == second.view(np.uint64)) | (np.isnan(first) & np.isnan(second))
    return same
