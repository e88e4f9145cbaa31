"""Powers of two with real exponents, correctly rounded to float64 with integers alone.

The mathematical library's exp2 differs by a bit between platforms. Here each result is computed to more bits than
float64 has, with a bound on the error; where the bound does not decide the rounding, the computation starts again with
twice as many bits (Ziv's strategy).

References
----------
A. Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit", ACM Transactions on
Mathematical Software 17(3), 1991.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt, ldexp
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

FLOAT64_PRECISION = 53
FIRST_PRECISION = 160


class UndecidedError(ArithmeticError):
    """The error bound does not decide to which float64 a result rounds."""


def decided(attempt: Callable[[int], T], bits: int = FIRST_PRECISION) -> T:
    """Return `attempt(bits)` of the first precision, doubling from `bits` on, that decides every rounding.

    This ends because no result of this package is the midpoint of two float64. Those that are rational have few bits:
    a magnitude, the mean of neighbouring ones (which spans at most 33 bits), or their geometric mean, times a power of
    two. The other results are irrational.
    """
    while True:
        try:
            return attempt(bits)
        except UndecidedError:
            bits *= 2


def error_bound(bits: int) -> int:
    """Return by how many units of 2^-bits an entry of `power_grid` may be too low; none is too high.

    A root is less than 2 units too low: isqrt loses one, and a root halves the error that it inherits. An entry, below
    4, multiplies at most bits + 15 of them, losing at most one more unit a time, and the rest of sf is below one unit.
    """
    return 16 * (bits + 16)


@lru_cache(maxsize=4)
def _roots(bits: int) -> tuple[int, ...]:
    """Return 2^(2^-j) for j = 1..bits in units of 2^-bits."""
    roots = [isqrt(2 << 2 * bits)]
    while len(roots) < bits:
        roots.append(isqrt(roots[-1] << bits))
    return tuple(roots)


def power_grid(sf: float, steps: int, bits: int) -> tuple[list[int], int]:
    """Return 2^(i / 2^steps - sf) for i = 0..2^steps - 1, as mantissas and one exponent.

    Returns
    -------
    mantissas
        In units of 2^-bits, from 1 to below 4, up to `error_bound(bits)` units too low.
    exponent
        Of the power of two that multiplies all of them.
    """
    roots = _roots(bits)
    numerator, denominator = sf.as_integer_ratio()
    exponent, rest = divmod(-numerator, denominator)
    fraction = (rest << bits) // denominator
    start = 1 << bits
    for index, root in enumerate(roots, 1):
        if fraction >> (bits - index) & 1:
            start = start * root >> bits
    grid = [start]
    for root in roots[:steps]:
        grid = [entry for lower in grid for entry in (lower, lower * root >> bits)]
    return grid, exponent


def round_to_float(mantissa: int, exponent: int, error: int) -> float:
    """Return the float64 nearest to every number in mantissa..mantissa + error, times 2^exponent.

    Raises
    ------
    UndecidedError
        There is no such float64.
    """
    shift = mantissa.bit_length() - FLOAT64_PRECISION
    half = 1 << (shift - 1)
    top = (mantissa + half) >> shift
    if (mantissa + half + error) >> shift != top:
        raise UndecidedError
    return ldexp(top, exponent + shift)
