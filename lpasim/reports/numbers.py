"""Numbers as people read them: a prefix, a unit, three or four digits."""

from __future__ import annotations

_PREFIXES = (
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
    (1e-15, "f"),
)


def scaled(value: float | None, unit: str, digits: int = 3) -> str:
    """Write a quantity with the decimal prefix that leaves one to three digits before the point.

    >>> scaled(0.01234, "s"), scaled(1500, "B"), scaled(None, "W")
    ('12.3 ms', '1.5 kB', '-')
    """
    if value is None:
        return "-"
    size, prefix = next(((size, name) for size, name in _PREFIXES if abs(value) >= size), _PREFIXES[-1])
    if value == 0:
        size, prefix = 1.0, ""
    return f"{plain(value / size, digits)} {prefix}{unit}".rstrip()


def plain(value: float | None, digits: int = 3) -> str:
    """Write a number with some significant digits, never in scientific notation.

    >>> plain(12.345), plain(0.0), plain(1234.5)
    ('12.3', '0', '1,234')
    """
    if value is None:
        return "-"
    if value == 0:
        return "0"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    leading = 0
    while whole == 0 and abs(value) * 10 ** (leading + 1) < 1:
        leading += 1
    decimals = max(0, digits - whole + leading)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(count: int, noun: str) -> str:
    """Write how many there are of something.

    >>> counted(1, "layer"), counted(1234, "layer")
    ('1 layer', '1,234 layers')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(part: float, whole: float) -> str:
    """Write a share in percent; a share that is there but below half a percent as ``<1``.

    >>> percent(1, 4), percent(1, 1000), percent(0, 7)
    ('25 %', '<1 %', '0 %')
    """
    share = 100 * part / whole if whole else 0.0
    return "<1 %" if 0 < share < 0.5 else f"{share:.0f} %"


class Scale:
    """One prefix for all numbers of a column, so that their sizes compare at a glance."""

    def __init__(self, largest: float, unit: str, whole: bool = False) -> None:
        """Choose the prefix that leaves the largest number at least three digits; whole things have no parts."""
        prefixes = [(size, name) for size, name in _PREFIXES if size >= 1 or not (whole or largest == 0)]
        self.size, prefix = next(((size, name) for size, name in prefixes if largest >= 100 * size), prefixes[-1])
        self.unit = f"{prefix}{unit}"
        self.decimals = 0 if largest >= 1e3 * self.size or self.size == 1 else 1

    def write(self, value: float) -> str:
        """Write a value in the column's unit; zero is a dash."""
        return "-" if value == 0 else f"{value / self.size:,.{self.decimals}f}"
