"""Choosing the lanes of a matrix product of code words, and making their tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.datapath.terms import NO_CLASS, WORDS, Terms, tabulate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpasim.formats.log_posit import LogPosit

SHORTEST_CHUNK = 16
"""Fewest terms that a narrow lane must hold to be worth emptying."""
LARGEST_BYTE, SIGN_BYTE = 255, 128
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
        Name of the compiled product: "wide", "wide_limbs" or "paper".
    tables : Mapping
        Its arguments besides operands, unit and result.
    unit : float
        What a result of one stands for, a power of two.
    """

    kernel: str
    tables: Mapping[str, Any]
    unit: float


@lru_cache(maxsize=128)
def plan(
    first: LogPosit,
    second: LogPosit,
    used_first: bytes,
    used_second: bytes,
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
    used_first, used_second : bytes
        The words that occur in the operands.
    depth : int
        Terms of a sum.
    sum_bits : int
        Bits of the largest exact sum of 64-bit lanes.
    """
    used = (np.frombuffer(words, np.uint8) for words in (used_first, used_second))
    factor_of, terms = _in_use(tabulate(first, second, datapath), *used)
    chosen = _wide(terms, depth, sum_bits) if accumulator == "wide" else _paper(terms, depth, datapath)
    return replace(chosen, tables={"factor_of": factor_of, **chosen.tables})


def _in_use(
    terms: Terms, used_first: NDArray[np.uint8], used_second: NDArray[np.uint8]
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


def _wide(terms: Terms, depth: int, sum_bits: int) -> Plan:
    """Choose the narrowest lanes that hold enough terms."""
    bits = _bits(terms)
    for kind, lane_bits, least_chunk in ((np.int32, 32, SHORTEST_CHUNK), (np.int64, 64, 1 if sum_bits > 64 else depth)):
        spare = lane_bits - 1 - bits
        if spare >= 0 and 1 << spare >= min(least_chunk, depth):
            values = (terms.significands.astype(np.int64) << terms.exponents).astype(kind).view(f"u{lane_bits // 8}")
            tables = {"values": values, "packed": _packed(terms, 0), "twins": _twins(terms), "chunk": 1 << spare}
            return Plan("wide", tables, 2.0**terms.unit_exponent)
    tables = {
        "significands": terms.significands,
        "exponents": terms.exponents,
        "unit_exponent": terms.unit_exponent,
    }
    return Plan("wide_limbs", tables, 1.0)


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


def _paper(terms: Terms, depth: int, datapath: Datapath) -> Plan:
    """Choose the shorter floating-point lanes where no term or sum comes near the ends of their range."""
    exponents = terms.exponents.astype(np.int64)
    middle, middle_scale = int(exponents.max()) // 2, terms.largest_scale // 2
    reach = max(_bits(terms) + depth.bit_length(), 32)
    kind = np.float32 if reach <= 2 * FLOAT_EXPONENT else np.float64
    tables = {
        "values": np.ldexp(terms.significands.astype(kind), (exponents - middle).astype(np.int32)),
        "packed": _packed(terms, FLOAT_BIAS - middle) if kind is np.float32 else None,
        "twins": _twins(terms),
        "scales": np.ldexp(kind(1), np.arange(terms.largest_scale + 1, dtype=np.int32) - middle_scale),
        "fold": datapath.rows,
        "fraction_bits": datapath.psum_fraction_bits,
    }
    return Plan("paper", tables, 2.0 ** (terms.unit_exponent + middle + middle_scale))
