"""The magnitudes of a format as exact numbers, and what rounding needs of them as correctly rounded float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from lpasim.formats.exact import decided, error_bound, power_grid, round_to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = tuple[int, int, int]
"""A mantissa that may be a little too low, the power of two that multiplies it, and by how many units it may be."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The magnitudes of a format above zero, ascending, without its scale; a magnitude's rank is its place from 1 on.

    Parameters
    ----------
    words
        Code word of each positive magnitude.
    significands, exponents
        The magnitude is significand * 2^(exponent / 2^log_bits).
    log_bits
        Fraction bits of the exponents: 0 but for logarithmic formats.
    """

    words: tuple[int, ...]
    significands: tuple[int, ...]
    exponents: tuple[int, ...]
    log_bits: int = 0

    def magnitudes(self, sf: float) -> NDArray[np.float64]:
        """Return the magnitudes times 2^-sf [ranks]."""
        return decided(partial(self._magnitudes, sf))

    def arithmetic_means(self, sf: float) -> NDArray[np.float64]:
        """Return the means of neighbouring magnitudes times 2^-sf [ranks - 1]."""
        return decided(partial(self._arithmetic_means, sf))

    def geometric_means(self, sf: float) -> NDArray[np.float64]:
        """Return the geometric means of neighbouring magnitudes times 2^-sf [ranks - 1]."""
        return decided(partial(self._geometric_means, sf))

    def _numbers(self, sf: float, bits: int) -> list[Number]:
        power = _Powers(sf, self.log_bits, bits)
        terms = zip(self.significands, self.exponents, strict=True)
        return [_times(significand, power(exponent)) for significand, exponent in terms]

    def _magnitudes(self, sf: float, bits: int) -> NDArray[np.float64]:
        return np.array([round_to_float(*number) for number in self._numbers(sf, bits)])

    def _arithmetic_means(self, sf: float, bits: int) -> NDArray[np.float64]:
        return np.array([round_to_float(*_mean(*pair)) for pair in pairwise(self._numbers(sf, bits))])

    def _geometric_means(self, sf: float, bits: int) -> NDArray[np.float64]:
        power = _Powers(sf, self.log_bits + 1, bits)
        means = []
        for (first, second), (low, high) in zip(pairwise(self.significands), pairwise(self.exponents), strict=True):
            root = isqrt(first * second << 2 * bits)
            mantissa, exponent, error = power(low + high)
            product = (root * mantissa, exponent - bits, (root + 1) * (mantissa + error) - root * mantissa)
            means.append(round_to_float(*product))
        return np.array(means)


class _Powers:
    """2^(i / 2^steps - sf) to `bits` bits, for any integer i."""

    def __init__(self, sf: float, steps: int, bits: int) -> None:
        self._grid, self._exponent = power_grid(sf, steps, bits)
        self._steps, self._bits = steps, bits

    def __call__(self, index: int) -> Number:
        mantissa = self._grid[index & ((1 << self._steps) - 1)]
        return mantissa, (index >> self._steps) + self._exponent - self._bits, error_bound(self._bits)


def _times(factor: int, number: Number) -> Number:
    mantissa, exponent, error = number
    return factor * mantissa, exponent, factor * error


def _mean(lower: Number, upper: Number) -> Number:
    base = min(lower[1], upper[1])
    mantissa = sum(number[0] << (number[1] - base) for number in (lower, upper))
    error = sum(number[2] << (number[1] - base) for number in (lower, upper))
    return mantissa, base - 1, error
