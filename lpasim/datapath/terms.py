"""Products of words, taken apart so that a matrix product needs no multiplication of words.

The logarithm of a product is the sum of the operands' logarithms. Write the first operand's as e + f, with f its
fraction: the converter's output for e + f + L is its output for f + L, shifted by e. So a term depends on the first
operand through a class (f and the sign) and a power of two (e), and for each class there is one table over all words of
the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lpasim.datapath.reference import fraction_bits, significand
from lpasim.formats.tables import positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpasim.datapath.parameters import Datapath
    from lpasim.formats.log_posit import LogPosit

WORDS = 256
"""Words of 8 bits; narrower formats use the first of them."""
NO_CLASS = -1


@dataclass(frozen=True)
class Terms:
    """Tables for the words of two formats. A term is significand * 2^(exponent + scale + `unit_exponent`).

    Attributes
    ----------
    class_of : NDArray of int64 [256]
        Class of each word of the first operand; those of zero and NaR stand for no term.
    scale_of : NDArray of int64 [256]
        Power of two of each word of the first operand, at least 0.
    significands, exponents : NDArray of int32 [classes, 256]
        Of each class and word of the second operand; zero where there is no term.
    unit_exponent : int
        What all exponents are counted from.
    """

    class_of: NDArray[np.int64]
    scale_of: NDArray[np.int64]
    significands: NDArray[np.int32]
    exponents: NDArray[np.int32]
    unit_exponent: int

    @property
    def largest_scale(self) -> int:
        """The largest power of two of the first operand."""
        return int(self.scale_of.max())


def tabulate(first: LogPosit, second: LogPosit, datapath: Datapath) -> Terms:
    """Tabulate the products of two formats of at most 8 bits, without their scale factors."""
    unit = max(fraction_bits(first), fraction_bits(second))
    log_1, sign_1 = _logs(first, unit)
    log_2, sign_2 = _logs(second, unit)
    parity = datapath.converter_in_bits == 0  # then a tie between integers is decided by the exponent's last bit too
    below = unit + parity
    class_log = log_1 & ((1 << below) - 1)
    scale = (log_1 >> below) << parity
    classes, class_of = np.unique(np.where(sign_1 != 0, 2 * class_log + (sign_1 < 0), 0), return_inverse=True)
    kept, bits = min(unit, datapath.converter_in_bits), datapath.converter_out_bits
    sums = _round_half_even((classes >> 1)[:, None] + log_2, unit - kept)
    outputs = np.array([significand(fraction, kept, bits) for fraction in range(1 << kept)], dtype=np.int64)
    spare = int(np.bitwise_or.reduce(outputs) & -np.bitwise_or.reduce(outputs)).bit_length() - 1
    exponents = sums >> kept
    signs = np.where(classes & 1, -1, 1)[:, None] * sign_2
    used = np.where(signs != 0, exponents, exponents.max())
    lowest_scale = scale[sign_1 != 0].min()
    return Terms(
        class_of=np.where(sign_1 != 0, class_of, NO_CLASS),
        scale_of=np.where(sign_1 != 0, scale - lowest_scale, 0),
        significands=(signs * (outputs >> spare)[sums & ((1 << kept) - 1)]).astype(np.int32),
        exponents=np.where(signs != 0, exponents - used.min(), 0).astype(np.int32),
        unit_exponent=int(lowest_scale + used.min()) + spare - (bits - 1),
    )


@lru_cache(maxsize=64)
def octaves_of(fmt: LogPosit) -> NDArray[np.int64]:
    """Return the integer part of the logarithm of every word [256], without the scale factor; 0 for what has none."""
    return _logs(fmt, fraction_bits(fmt))[0] >> fraction_bits(fmt)


def _logs(fmt: LogPosit, unit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return log and sign of every word; the sign of zero and NaR, and of what is no word, is 0."""
    log, sign = np.zeros(WORDS, np.int64), np.zeros(WORDS, np.int64)
    positive = np.arange(1, fmt.nar)
    log[positive] = log[(1 << fmt.n) - positive] = positions(fmt)[1:] << (unit - fraction_bits(fmt))
    sign[positive], sign[(1 << fmt.n) - positive] = 1, -1
    return log, sign


def _round_half_even(log: NDArray[np.int64], surplus: int) -> NDArray[np.int64]:
    if surplus == 0:
        return log
    half = 1 << (surplus - 1)
    return (log + half - 1 + (log >> surplus & 1)) >> surplus
