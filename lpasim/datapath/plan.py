"""Choosing the lanes of a matrix product of code words, and making their tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.datapath.terms import NO_CLASS, WORDS, Terms, octaves_of, tabulate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpasim.formats.log_posit import LogPosit

SHORTEST_CHUNK = 16
"""Fewest terms that a narrow lane must hold to be worth emptying."""
LARGEST_BYTE, SIGN_BYTE = 255, 128
MOST = 1 << 16
"""More octaves than any format has."""
FLOAT_BIAS = 64
"""The kernel counts packed exponents of float32 terms from 2^-64."""
FLOAT_EXPONENT = 80
"""Terms and partial sums whose binary exponents stay within +-80 are far from the ends of float32, whose are +-126."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a product is computed.

    Attributes
    ----------
    kernel : str
        Name of the compiled product: "wide", "windows" or "paper".
    tables : Mapping
        Its arguments besides operands, unit and result.
    unit : float
        What a result of one stands for, a power of two.
    """

    kernel: str
    tables: Mapping[str, Any]
    unit: float


@dataclass(frozen=True, slots=True)
class Octaves:
    """Words that matter to a product, as coarsely as choosing lanes needs them: so many an operand shares a plan.

    Attributes
    ----------
    lowest, highest : int
        Integer parts of the smallest and the largest logarithm, without the scale factor.
    zero : bool
        Whether zero is among the words.
    """

    lowest: int
    highest: int
    zero: bool

    @classmethod
    def of(cls, fmt: LogPosit, used: NDArray[np.uint8]) -> Octaves:
        """Return those of words that occur."""
        real = used[(used != 0) & (used != fmt.nar)]
        octaves = octaves_of(fmt)[real]
        return cls(int(octaves.min(initial=MOST)), int(octaves.max(initial=-MOST)), bool((used == 0).any()))

    def words(self, fmt: LogPosit) -> NDArray[np.intp]:
        """Return all words of these octaves."""
        word = np.arange(WORDS)
        real = (word != 0) & (word != fmt.nar) & (word >> fmt.n == 0)
        octaves = octaves_of(fmt)
        inside = real & (octaves >= self.lowest) & (octaves <= self.highest)
        return np.flatnonzero(inside | ((word == 0) & (self.zero or not inside.any())))


@lru_cache(maxsize=128)
def plan(
    first: LogPosit,
    second: LogPosit,
    used_first: Octaves,
    used_second: Octaves,
    depth: int,
    accumulator: Accumulator,
    datapath: Datapath,
    sum_bits: int,
) -> Plan:
    """Choose lanes for the words in use; the layers of a network share many a plan.

    Parameters
    ----------
    first, second : LogPosit
        Formats of the operands; their scale factors do not matter.
    used_first, used_second : Octaves
        The words that occur in the operands.
    depth : int
        Terms of a sum.
    sum_bits : int
        Bits of the largest exact sum of 64-bit lanes.
    """
    factor_of, terms = _in_use(tabulate(first, second, datapath), used_first.words(first), used_second.words(second))
    if accumulator == "paper":
        return _paper(factor_of, terms, depth, datapath)
    return _wide(factor_of, terms, depth, sum_bits) or _windows(factor_of, terms, depth, sum_bits)


def _in_use(
    terms: Terms, used_first: NDArray[np.intp], used_second: NDArray[np.intp]
) -> tuple[NDArray[np.uint32], Terms]:
    """Keep what the words in use need, counted from its own lowest exponents.

    Words of the first operand without terms have a class of zeros.

    Returns
    -------
    factor_of : NDArray of uint32 [256]
        class << 16 | scale of each word.
    terms : Terms
    """
    classes, number = np.unique(terms.class_of[used_first], return_inverse=True)
    significands = np.zeros((len(classes), WORDS), np.int32)
    real = classes != NO_CLASS
    significands[np.ix_(real, used_second)] = terms.significands[np.ix_(classes[real], used_second)]
    live = significands != 0
    exponents = np.zeros_like(significands)
    exponents[real] = terms.exponents[classes[real]]
    lowest = int(exponents[live].min(initial=exponents.max()))
    scale, has_scale = terms.scale_of[used_first], terms.class_of[used_first] != NO_CLASS
    lowest_scale = int(scale[has_scale].min(initial=scale.max()))
    scale = np.where(has_scale, scale - lowest_scale, 0)
    factor_of = np.zeros(WORDS, np.uint32)
    factor_of[used_first] = number << 16 | scale
    return factor_of, replace(
        terms,
        scale_of=scale,
        significands=significands,
        exponents=np.where(live, exponents - lowest, 0).astype(np.int32),
        unit_exponent=terms.unit_exponent + lowest + lowest_scale,
    )


def _bits(terms: Terms) -> int:
    """Bits of the largest term."""
    widths = np.frexp(np.abs(terms.significands).astype(np.float64))[1]  # of an integer: its bits
    return int((widths + terms.exponents).max()) + terms.largest_scale


def _wide(factor_of: NDArray[np.uint32], terms: Terms, depth: int, sum_bits: int) -> Plan | None:
    """Choose the narrowest lanes that hold enough terms, if any do."""
    bits = _bits(terms)
    for kind, lane_bits in ((np.int32, 32), (np.int64, 64)):
        chunk = min(1 << max(lane_bits - 1 - bits, 0), depth)
        if bits < lane_bits and chunk >= _least_chunk(lane_bits, depth, sum_bits):
            tables = {"factor_of": factor_of, **_lanes(terms, kind), "chunk": chunk}
            return Plan("wide", tables, 2.0**terms.unit_exponent)
    return None


def _least_chunk(lane_bits: int, depth: int, sum_bits: int) -> int:
    """Return how many terms a lane must hold: all where no wider sum takes them over, else enough to pay for that."""
    return min(SHORTEST_CHUNK, depth) if sum_bits > lane_bits else depth


def _lanes(terms: Terms, kind: type[np.signedinteger[Any]]) -> dict[str, Any]:
    """Return the terms as integer lanes."""
    values = (terms.significands.astype(np.int64) << terms.exponents).astype(kind)
    return {"values": values.view(f"u{values.itemsize}"), "packed": _packed(terms, 0), "twins": _twins(terms)}


def _windows(factor_of: NDArray[np.uint32], terms: Terms, depth: int, sum_bits: int) -> Plan:
    """Split the range of terms into windows for 64-bit lanes: by the scale of one operand, the exponent of the other.

    As few windows as can be; each costs about as much as a product that needs none.
    """
    least = _least_chunk(64, depth, sum_bits)
    largest_exponent, largest_scale = int(terms.exponents.max()), terms.largest_scale
    significand = int(np.abs(terms.significands).max()).bit_length()
    span = 64 - significand - (least - 1).bit_length()  # of exponents and scales together
    spans = ((span - scales, scales) for scales in range(1, min(span - 1, largest_scale + 1) + 1))
    exponents, scales = min(
        spans, key=lambda pair: -(-(largest_exponent + 1) // pair[0]) * -(-(largest_scale + 1) // pair[1])
    )
    exponents, scales = _evenly(largest_exponent + 1, exponents), _evenly(largest_scale + 1, scales)
    chunk = min(1 << (65 - significand - exponents - scales), depth)
    classes, scale_of = factor_of >> 16, (factor_of & 0xFFFF).astype(np.int64)
    windows = []
    for low_scale in range(0, largest_scale + 1, scales):
        inside = (scale_of >= low_scale) & (scale_of < low_scale + scales)
        factors = (classes << 16 | np.maximum(scale_of - low_scale, 0)).astype(np.uint32)
        for low in range(0, largest_exponent + 1, exponents):
            there = (terms.exponents >= low) & (terms.exponents < low + exponents)
            part = replace(
                terms,
                significands=np.where(there, terms.significands, 0),
                exponents=np.where(there, terms.exponents - low, 0),
            )
            windows.append((factors, inside, part, low + low_scale))
    return _stacked(windows, chunk, terms.unit_exponent)


def _evenly(size: int, most: int) -> int:
    """Return the largest part where a size is split evenly into as few parts as parts of `most` would be."""
    return -(-size // -(-size // most))


def _stacked(
    windows: Sequence[tuple[NDArray[np.uint32], NDArray[np.bool_], Terms, int]], chunk: int, unit_exponent: int
) -> Plan:
    """Put the tables of windows one after the other; a class of zeros, the last, takes words outside of a window."""
    lanes = [_lanes(_with_zeros(terms), np.int64) for _, _, terms, _ in windows]
    zeros = len(lanes[0]["values"]) - 1
    packed = [tables["packed"] for tables in lanes]
    tables = {
        "factor_of": np.stack(
            [np.where(inside, factors, zeros << 16).astype(np.uint32) for factors, inside, _, _ in windows]
        ),
        "values": np.stack([tables["values"] for tables in lanes]),
        "packed": None if any(table is None for table in packed) else np.stack(packed),
        "twins": np.stack([tables["twins"] for tables in lanes]),
        "chunk": chunk,
        "offsets": np.array([offset for *_, offset in windows], np.int32),
        "unit_exponent": unit_exponent,
    }
    return Plan("windows", tables, 1.0)


def _with_zeros(terms: Terms) -> Terms:
    """Add a class without terms."""
    row = np.zeros((1, WORDS), np.int32)
    return replace(
        terms,
        significands=np.concatenate([terms.significands, row]),
        exponents=np.concatenate([terms.exponents, row]).astype(np.int32),
    )


def _packed(terms: Terms, above: int) -> NDArray[np.uint8] | None:
    """Return significands and exponents as bytes, [classes, 2, 256], where these are wide enough.

    Parameters
    ----------
    above : int
        What is added to the exponents.
    """
    exponents = np.where(terms.significands != 0, terms.exponents + above, 0)
    if np.abs(terms.significands).max() > LARGEST_BYTE or not 0 <= exponents.min() <= exponents.max() <= SIGN_BYTE - 1:
        return None
    minus = np.where(terms.significands < 0, SIGN_BYTE, 0)
    return np.stack([np.abs(terms.significands), exponents + minus], axis=1).astype(np.uint8)


def _twins(terms: Terms) -> NDArray[np.uint8]:
    """Tell which classes [classes] are the one before with other signs."""
    significands, exponents = terms.significands, terms.exponents
    same = (significands[1:] == -significands[:-1]).all(axis=1) & (exponents[1:] == exponents[:-1]).all(axis=1)
    return np.concatenate(([False], same)).astype(np.uint8)


def _paper(factor_of: NDArray[np.uint32], terms: Terms, depth: int, datapath: Datapath) -> Plan:
    """Choose the shorter floating-point lanes where no term or sum comes near the ends of their range."""
    exponents = terms.exponents.astype(np.int64)
    middle, middle_scale = int(exponents.max()) // 2, terms.largest_scale // 2
    reach = max(_bits(terms) + depth.bit_length(), 32)
    kind = np.float32 if reach <= 2 * FLOAT_EXPONENT else np.float64
    tables = {
        "factor_of": factor_of,
        "values": np.ldexp(terms.significands.astype(kind), (exponents - middle).astype(np.int32)),
        "packed": _packed(terms, FLOAT_BIAS - middle) if kind is np.float32 else None,
        "twins": _twins(terms),
        "scales": np.ldexp(kind(1), np.arange(terms.largest_scale + 1, dtype=np.int32) - middle_scale),
        "fold": datapath.rows,
        "fraction_bits": datapath.psum_fraction_bits,
    }
    return Plan("paper", tables, 2.0 ** (terms.unit_exponent + middle + middle_scale))
