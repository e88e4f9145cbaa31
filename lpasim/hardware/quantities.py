"""Types of configuration values: a number, its unit, and the range that makes sense."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, WrapValidator

from lpasim.units import parse_number, parse_quantity


@dataclass(frozen=True)
class Quantity:
    """Reads one configuration value and says by which rule it is refused.

    Attributes
    ----------
    low, high : float
        The least and the greatest legal value, in `unit`.
    unit : str
        What the number counts.
    base : str
        The unit without a prefix, if the text may carry one ("Hz" lets MHz, GHz, ... in). Empty: plain numbers only.
    whole : bool
        Whether the number must be an integer.
    """

    low: float
    high: float
    unit: str = ""
    base: str = ""
    whole: bool = False

    def __call__(self, value: Any) -> float | int:
        """Return the number in `unit`.

        Raises
        ------
        ValueError
            If the value is no number, has another unit, or is out of range.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            unit = f" with a unit such as {self.unit}" if self.base else ""
            raise ValueError(f"must be a number{unit}, got {spelled(value)}")
        exact = parse_quantity(value, self.unit, self.base) if self.base else parse_number(value)
        if self.whole and exact.denominator != 1:
            raise ValueError(f"must be a whole number{f' of {self.unit}' if self.base else ''}, got {value!r}")
        number = int(exact) if self.whole else _float(exact)
        if not self.low <= number <= self.high:
            bound = f"at least {self.low}" if number < self.low else f"at most {self.high}"
            raise ValueError(f"must be {bound}{f' {self.unit}' if self.base else ''}, got {value!r}")
        return number


_LONGEST_TEXT = 200
_NAME = re.compile(r"\w[\w.+@-]*")


def spelled(value: Any) -> str:
    """Spell a value of a YAML file for a message."""
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _float(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:
        return inf if exact > 0 else -inf


@dataclass(frozen=True)
class OneOf:
    """Reads one of a few words."""

    words: tuple[str, ...]

    def __call__(self, value: Any) -> str:
        """Return the word.

        Raises
        ------
        ValueError
            If it is none of them.
        """
        if value not in self.words:
            raise ValueError(f"must be one of {', '.join(self.words)}, got {spelled(value)}")
        return str(value)


def _flag(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise ValueError(f"must be true or false, got {spelled(value)}")
    return text == "true"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= _LONGEST_TEXT or not value.isprintable():
        raise ValueError(f"must be one line of 1 to {_LONGEST_TEXT} characters, got {spelled(value)}")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not _NAME.fullmatch(value):
        rule = f"1 to {_LONGEST_TEXT} letters, digits and _ . + @ -, the first a letter, digit or _"
        raise ValueError(f"must be {rule}, got {spelled(value)}")
    return value


def name_like(text: str) -> str:
    """Return a legal name that looks like a text."""
    return re.sub(r"[^\w.+@-]+|^(?=\W)", "_", text)[:_LONGEST_TEXT] or "_"


def _unless_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    return None if value is None else read(value)


OR_NONE = WrapValidator(_unless_none)
"""Marks a value that may be left out: then it is None."""

Count = Annotated[int, BeforeValidator(Quantity(1, 2**16, whole=True))]
Cycles = Annotated[int, BeforeValidator(Quantity(0, 10**6, unit="cycles", whole=True))]
Passes = Annotated[int, BeforeValidator(Quantity(0, 1000, unit="passes", whole=True))]
Bits = Annotated[int, BeforeValidator(Quantity(1, 1024, unit="bit", base="bit", whole=True))]
SizeBytes = Annotated[int, BeforeValidator(Quantity(1, 2**40, unit="B", base="B", whole=True))]
BurstBytes = Annotated[int, BeforeValidator(Quantity(1, 2**16, unit="B", base="B", whole=True))]
Nanometres = Annotated[int, BeforeValidator(Quantity(1, 1000, unit="nm", base="m", whole=True))]
Megahertz = Annotated[float, BeforeValidator(Quantity(1e-3, 1e6, unit="MHz", base="Hz"))]
Nanoseconds = Annotated[float, BeforeValidator(Quantity(0, 1e6, unit="ns", base="s"))]
GigabytesPerSecond = Annotated[float, BeforeValidator(Quantity(1e-6, 1e6, unit="GB/s", base="B/s"))]
EnergyPj = Annotated[float, BeforeValidator(Quantity(0, 1e9, unit="pJ", base="J"))]
EnergyPjPerBit = Annotated[float, BeforeValidator(Quantity(0, 1e9, unit="pJ/bit", base="J/bit"))]
AreaUm2 = Annotated[float, BeforeValidator(Quantity(0, 1e12, unit="um2", base="m2"))]
Volts = Annotated[float, BeforeValidator(Quantity(0.1, 10, unit="V", base="V"))]
Scale = Annotated[float, BeforeValidator(Quantity(1e-3, 1e3))]
LeakageNwPerUm2 = Annotated[float, BeforeValidator(Quantity(0, 1e9, unit="nW/um2", base="W/um2"))]
Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, BeforeValidator(_name)]
"""What may be part of a file's name and of an option such as NAME=FILE."""
