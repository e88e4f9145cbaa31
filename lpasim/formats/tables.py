"""Values and thresholds of a log posit as float64 tables, each entry the exact real number correctly rounded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lpasim.formats.caching import cached
from lpasim.formats.exact import decided, error_bound, power_grid, round_to_float
from lpasim.formats.parameters import check_rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.log_posit import LogPosit


def fraction_bits(fmt: LogPosit) -> int:
    """Return the fraction bits that the shortest regime leaves."""
    return max(0, fmt.n - 3 - fmt.es)


def positions(fmt: LogPosit) -> NDArray[np.int64]:
    """Return 2^es * k + u of the positive code words [2^(n-1)], in units of 2^-fraction_bits; entry 0 (zero) has none.

    The code words of one regime are consecutive, and so are the regimes: the table is written down regime by regime.
    """
    finest = fmt.es + fraction_bits(fmt)
    pieces = []
    for regime in range(-fmt.rs, fmt.rs):
        run = -regime if regime < 0 else regime + 1
        width = fmt.n - 1 - run - (run < fmt.rs)
        pieces.append((regime << finest) + (np.arange(1 << width, dtype=np.int64) << (finest - width)))
    return np.concatenate(pieces)


def frozen(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the table itself, now read-only."""
    table.setflags(write=False)
    return table


def _on_grid(fmt: LogPosit, index: NDArray[np.int64], bits: int) -> NDArray[np.float64]:
    """Return 2^(index / 2^steps - sf), with one bit more than the values need, so that it reaches midpoints of logs."""
    steps = fraction_bits(fmt) + 1
    grid, exponent = power_grid(fmt.sf, steps, bits)
    rounded = np.array([round_to_float(mantissa, -bits, error_bound(bits)) for mantissa in grid])
    scaled: NDArray[np.float64] = np.ldexp(rounded[index & ((1 << steps) - 1)], (index >> steps) + exponent)
    return scaled


def _midpoints(fmt: LogPosit, index: NDArray[np.int64], bits: int) -> list[float]:
    """Return half of the sum of neighbouring values, from grid indices as in `_on_grid`."""
    steps = fraction_bits(fmt) + 1
    grid, exponent = power_grid(fmt.sf, steps, bits)
    mantissas = [grid[entry] for entry in (index & ((1 << steps) - 1)).tolist()]
    octaves = (index >> steps).tolist()
    error = error_bound(bits)
    means = []
    for entry in range(len(mantissas) - 1):
        gap = octaves[entry + 1] - octaves[entry]
        total = mantissas[entry] + (mantissas[entry + 1] << gap)
        means.append(round_to_float(total, octaves[entry] + exponent - bits - 1, error + (error << gap)))
    return means


@cached
def values(fmt: LogPosit) -> NDArray[np.float64]:
    """Return the value of every code word [2^n]; see `LogPosit.values`."""
    positive = decided(partial(_on_grid, fmt, 2 * positions(fmt)[1:]))
    return frozen(np.concatenate(([0.0], positive, [np.nan], -positive[::-1])))


@cached
def thresholds(fmt: LogPosit, rounding: Rounding) -> NDArray[np.float64]:
    """Return the thresholds between positive code words [2^(n-1) - 1]; see `LogPosit.thresholds`."""
    check_rounding(rounding)
    index = positions(fmt)[1:]
    if rounding == "log":
        between = decided(partial(_on_grid, fmt, index[:-1] + index[1:]))
        return frozen(np.concatenate(([0.0], between)))
    means = decided(partial(_midpoints, fmt, 2 * index))
    return frozen(np.array([values(fmt)[1] / 2, *means]))
