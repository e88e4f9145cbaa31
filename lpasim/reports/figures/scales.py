"""Numbers along an axis: one prefix for all of them, and plain numbers on logarithmic axes."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

SMALLEST_STEP = log10(2)
"""From 1 to 2, and from 5 to 10, in decades."""
MOST_STEPS = 7
"""Between the numbers of a linear axis."""
GAP_IN = 0.08
"""Between two numbers side by side [inch]."""
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


def logarithmic(axes: Axes, side: str, page: Page, length_in: float) -> None:
    """Make an axis logarithmic, with plain numbers at its ticks: at 1, 2, 5, 10 and so on, or at powers of ten.

    Parameters
    ----------
    axes : Axes
        With all that they show.
    side : str
        "x" or "y".
    page : Page
        How large numbers are.
    length_in : float
        About how long the axis is [inch].
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.xaxis if side == "x" else axes.yaxis
    (axes.set_xscale if side == "x" else axes.set_yscale)("log")
    low, high = sorted(axes.get_xlim() if side == "x" else axes.get_ylim())
    # A number and a gap: across the axis a line, along it its width.
    least_in = page.lines_in(1.3) if side == "y" else max(map(page.width_of, map(plain, (low, high)))) + GAP_IN
    decades = log10(high / low)
    close = SMALLEST_STEP * length_in / decades > least_in
    most = max(2, int(length_in / least_in))
    axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0) if close else (1.0,), numticks=most))
    axis.set_major_formatter(FuncFormatter(_number))
    axis.set_minor_formatter(NullFormatter())


def roomy(axes: Axes, page: Page, length_in: float) -> None:
    """Give a linear x axis no more numbers than have room side by side.

    Parameters
    ----------
    axes : Axes
        With all that they show.
    page : Page
        How large numbers are.
    length_in : float
        About how long the axis is [inch].
    """
    from matplotlib.ticker import MaxNLocator

    low, high = axes.get_xlim()
    for most in range(MOST_STEPS, 1, -1):
        locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
        at = [value for value in locator.tick_values(low, high) if low <= value <= high]
        widest_in = max(map(page.width_of, axes.xaxis.get_major_formatter().format_ticks(at)), default=0.0)
        axes.xaxis.set_major_locator(locator)
        if len(at) < 2 or (at[1] - at[0]) / (high - low) * length_in > widest_in + GAP_IN:
            return


def _number(value: float, place: Any = None) -> str:
    return plain(value)
