"""Ranges of values: how far off a number may be, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpasim.hardware.keys import find_key
from lpasim.hardware.quantities import Quantity, spelled
from lpasim.hardware.sources import Range

RANGE_KEYS = ("range", "range_source")


def read_range(path: str, value: Mapping[str, Any], where: str, problems: list[str]) -> Range | None:
    """Read the range of an annotated value.

    Parameters
    ----------
    path : str
        The key.
    value : mapping
        What stands at the key: ``{value: ..., range: [low, high], range_source: ...}``.
    where : str
        The file, for messages.
    problems : list of str
        What is wrong with the range is appended to it.

    Returns
    -------
    Range or None
        None if there is no range, or if it is wrong.
    """
    if not any(name in value for name in RANGE_KEYS):
        return None
    key = find_key(path)
    try:
        return _read(None if key is None else key.quantity, value)
    except ValueError as error:
        problems.append(f"{path}.{error} ({where})")
        return None


def _read(quantity: Quantity | None, value: Mapping[str, Any]) -> Range:
    """Read a range; ValueError says which of its keys is wrong, and why."""
    if quantity is None:
        raise ValueError("range must belong to a number, got one of a text or flag")
    basis, ends = value.get("range_source"), value.get("range")
    if not isinstance(basis, str) or not basis.strip():
        raise ValueError(f"range_source must be text, got {spelled(basis)}")
    if not isinstance(ends, list) or len(ends) != 2:
        raise ValueError(f"range must be a list of two numbers, got {spelled(ends)}")
    try:
        low, high = (quantity(end) for end in ends)
    except ValueError as error:
        raise ValueError(f"range {error}") from None
    middle = _number(quantity, value["value"])
    if not low <= (low if middle is None else middle) <= high:
        raise ValueError(f"range must hold the value {value['value']}, got {ends[0]} to {ends[1]}")
    return Range(low, high, basis.strip())


def _number(quantity: Quantity, value: Any) -> float | None:
    """Read the value itself; None where it is wrong, which is reported elsewhere."""
    try:
        return quantity(value)
    except ValueError:
        return None
