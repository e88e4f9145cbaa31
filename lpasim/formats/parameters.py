"""Checks and spelling of the parameters of number formats."""

from __future__ import annotations

import math
import operator

from lpasim.errors import FormatError

MAX_SCALE = 256.0
"""Largest magnitude of sf [log2 units]."""


def check_integer(name: str, value: object, allowed: range, where: str) -> int:
    """Return a parameter as an int.

    Raises
    ------
    FormatError
        The value is not an integer, or not among the allowed ones.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    lowest, highest = allowed[0], allowed[-1]
    if number is None or isinstance(value, bool) or number not in allowed:
        rule = str(lowest) if lowest == highest else f"an integer in {lowest}..{highest}"
        raise FormatError(f"{name} must be {rule}, got {value!r} ({where})")
    return number


def check_scale(value: object, where: str) -> float:
    """Return a scale factor [log2 units] as a float, and never -0.0.

    Raises
    ------
    FormatError
        The value is not a real, or beyond `MAX_SCALE`.
    """
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= MAX_SCALE:
        raise FormatError(f"sf must be a finite real in -{MAX_SCALE:g}..{MAX_SCALE:g}, got {value!r} ({where})")
    return number + 0.0


def check_rounding(rounding: str) -> None:
    """Refuse an unknown rounding.

    Raises
    ------
    FormatError
        `rounding` is neither "log" nor "linear".
    """
    if rounding not in {"log", "linear"}:
        raise FormatError(f'rounding must be "log" or "linear", got {rounding!r}')


def spell(value: float) -> str:
    """Return the text of a parameter, from which the same number is read again."""
    return str(int(value)) if float(value).is_integer() else repr(value)
