"""Numbers along an axis: one prefix for all of them, and plain numbers on logarithmic axes."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW_DECADES = 2.2
"""Length of a logarithmic axis up to which its ticks are 1, 2, 5, 10, and so on; of a longer one, powers of ten."""
_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def prefixed(largest: float, unit: str) -> tuple[float, str]:
    """Return the size of the prefix that leaves the largest number at least 1, and the unit with it.

    >>> prefixed(0.02, "s"), prefixed(0.0, "J")
    ((0.001, 'ms'), (1.0, 'J'))
    """
    if largest <= 0:
        return 1.0, unit
    size, prefix = next((pair for pair in _PREFIXES if largest >= pair[0]), _PREFIXES[-1])
    return size, f"{prefix}{unit}"


def logarithmic(axes: Axes, side: str, base: int = 10) -> None:
    """Make an axis logarithmic, with plain numbers at its ticks: 0.1, 1, 10."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.xaxis if side == "x" else axes.yaxis
    (axes.set_xscale if side == "x" else axes.set_yscale)("log", base=base)
    low, high = sorted(axes.get_xlim() if side == "x" else axes.get_ylim())
    if base == 10:
        few = log10(high / low) < FEW_DECADES
        axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12 if few else 7))
    axis.set_major_formatter(FuncFormatter(_number))
    axis.set_minor_formatter(NullFormatter())


def _number(value: float, place: Any = None) -> str:
    return plain(value)
