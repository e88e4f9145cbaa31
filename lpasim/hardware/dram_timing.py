"""Times as datasheets give them: in clocks of the memory ("16 clk") or as a time ("13.75 ns")."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator

from lpasim.hardware.quantities import OR_NONE, spelled
from lpasim.units import parse_number, parse_quantity

CLOCKS = "clk"
"""Unit of a time that is given in memory clocks."""
LONGEST = 10**6
"""The longest legal time, in clocks or in ns."""


def exact_time(text: str) -> tuple[Fraction, bool]:
    """Return a time and whether it counts clocks (else ns).

    Raises
    ------
    ValueError
        If the text is neither a number of clocks nor a time with its unit.
    """
    stripped = text.strip()
    number = stripped.removesuffix(CLOCKS)
    if number != stripped:
        return parse_number(number.strip()), True
    if stripped[-1:] != "s":  # a bare number could be either
        raise ValueError("no unit")
    return parse_quantity(stripped, "ns", "s"), False


def in_clocks(text: str, clock_mhz: float) -> int:
    """Return a time in whole clocks, rounded up from its exact value."""
    number, counted = exact_time(text)
    return int(number) if counted else -(-number * Fraction(str(clock_mhz)) // 1000)


def _timing(value: Any) -> str:
    rule = f"must be clocks or a time with its unit, such as 16 {CLOCKS} or 13.75 ns"
    try:
        number, counted = exact_time(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{rule}, got {spelled(value)}") from None
    if counted and number.denominator != 1:
        raise ValueError(f"must be a whole number of clocks, got {value!r}")
    if not 0 <= number <= LONGEST:
        raise ValueError(f"must be between 0 and {LONGEST} {CLOCKS if counted else 'ns'}, got {value!r}")
    return " ".join(str(value).split())


Timing = Annotated[str | None, BeforeValidator(_timing), OR_NONE]
