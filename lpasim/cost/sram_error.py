"""How far off the SRAM table is between its points: each inner size is left out and interpolated from the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import median

from lpasim.cost.sram import FIGURES, load_sram_points, table_of


@dataclass(frozen=True, slots=True)
class InterpolationError:
    """Relative errors of one figure over all inner points: the middle one and the largest."""

    median: float
    largest: float


@cache
def interpolation_errors(name: str) -> dict[str, InterpolationError]:
    """Leave out each inner size of a table, and compare what the rest says of it with what CACTI computed.

    The gap is then two octaves wide, where the table's own are one: an upper estimate.

    Parameters
    ----------
    name : str
        The table.

    Returns
    -------
    dict of str to InterpolationError
        By figure.

    Raises
    ------
    HardwareError
        If there is no such table.
    """
    points = load_sram_points(name)
    sizes = sorted({size for size, _ in points})
    errors: dict[str, list[float]] = {figure: [] for figure in FIGURES}
    for left_out in sizes[1:-1]:
        rest = table_of({place: macro for place, macro in points.items() if place[0] != left_out})
        for (size, port), macro in points.items():
            if size != left_out:
                continue
            guess = rest.macro(size, port)
            for figure in FIGURES:
                errors[figure].append(abs(getattr(guess, figure) / getattr(macro, figure) - 1))
    return {figure: InterpolationError(median(values), max(values)) for figure, values in errors.items()}
