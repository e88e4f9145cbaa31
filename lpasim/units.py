"""Units as text at the edge, plain numbers inside.

Configuration files may say ``128 KiB`` or ``500 MHz``; everything behind the loader is a number in the unit that its
name carries. Decimal prefixes (k, M, G) are powers of 1000 and binary ones (Ki, Mi, Gi) powers of 1024 (IEC 80000-13).
``KB`` is refused, because half of its users mean 1000 bytes and the other half 1024.
"""

from __future__ import annotations

import re
from fractions import Fraction

_PREFIX = {
    "": Fraction(1),
    "f": Fraction(1, 10**15),
    "p": Fraction(1, 10**12),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
}
_SPELLINGS = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u", "\N{SUPERSCRIPT TWO}": "2"})
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?(\d+))?)(?:\s*([^\W\d].*))?", re.ASCII)
_LONGEST = 64
"""Characters of the longest text that is read: no physical quantity needs more."""
_LONGEST_EXPONENT = 3
"""Digits of the longest exponent: an exact 1e999999999 would fill the memory."""


def parse_number(value: object) -> Fraction:
    """Read a plain number, exactly: 16, 0.5, "1e-3".

    Raises
    ------
    ValueError
        If the value is no finite number.
    """
    number, unit = _split(value)
    if unit or number is None:
        raise ValueError(f"must be a number, got {value!r}")
    return number


def parse_quantity(value: object, unit: str, base: str) -> Fraction:
    """Read a quantity and express it in a target unit, exactly.

    Parameters
    ----------
    value : str, int or float
        A number, or a number followed by a unit (``"128 KiB"``). A bare number is already in `unit`.
    unit : str
        Target unit, a prefix and `base` (``"MHz"``).
    base : str
        The unit without a prefix (``"Hz"``). The prefix of a square metre (``"m2"``) is squared too: 1 um2 = 1e-12 m2.

    Returns
    -------
    fractions.Fraction
        The quantity in `unit`.

    Raises
    ------
    ValueError
        If the value is no finite number, or its unit is not a prefixed `base`.
    """
    number, suffix = _split(value)
    if number is None:
        raise ValueError(f"must be a number with a unit such as {unit}, got {value!r}")
    try:
        return number * _factor(suffix or unit, base) / _factor(unit, base)
    except KeyError:
        ambiguous = base == "B" and suffix in ("K", "KB")
        hint = f" (kB for 1000 or KiB for 1024; {suffix} may mean either)" if ambiguous else ""
        raise ValueError(f"must have a unit such as {unit}{hint}, got {value!r}") from None


def _split(value: object) -> tuple[Fraction | None, str]:
    """Return the number and the unit in a value; no number if there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, ""
    if isinstance(value, int):
        return Fraction(value), ""
    text = str(value).strip()
    match = _NUMBER.fullmatch(text.translate(_SPELLINGS)) if len(text) <= _LONGEST else None
    if match is None or len(match[2] or "") > _LONGEST_EXPONENT:
        return None, ""
    return Fraction(match[1]), (match[3] or "").replace("^2", "2")


def _factor(unit: str, base: str) -> Fraction:
    """Return the size of a unit in its base; KeyError if it is none of base's."""
    if not unit.endswith(base):
        raise KeyError(unit)
    return _PREFIX[unit.removesuffix(base)] ** (2 if base == "m2" else 1)
