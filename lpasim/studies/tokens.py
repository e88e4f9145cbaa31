"""The words of a condition such as ``area_mm2 < 5 and dram.preset == "hbm2"``."""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass

from lpasim.errors import StudyError
from lpasim.units import parse_quantity

NUMBER, NAME, TEXT, SIGN, END = "number", "name", "text", "sign", "end"
LONGEST = 1000
"""Characters of the longest condition: more is no condition that a person wrote."""
_PATTERN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?: ?[kKMGT]i?B\b)?)"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"""|(?P<text>"[^"]*"|'[^']*')"""
    r"|(?P<sign><=|>=|==|!=|[-+*/()<>])"
    r"|(?P<end>$))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, what it is, and its column in the condition, counted from 1."""

    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return repr(self.text) if self.kind != END else "the end"


def fault(rule: str, got: str, column: int, text: str, hint: str = "") -> StudyError:
    """Return the error that points at a place in a condition."""
    return StudyError(f"where {rule}, got {got} (column {column} of {text!r}){hint}")


def tokens(text: str) -> list[Token]:
    """Part a condition into words; the last one is its end.

    Raises
    ------
    StudyError
        If a character belongs to no word, or the text is too long.
    """
    if len(text) > LONGEST:
        raise StudyError(f"where must have at most {LONGEST} characters, got {len(text)}")
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != END:
        match = _PATTERN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise fault("must hold names, numbers and comparisons", repr(text[start]), start + 1, text)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return found


def read_number(token: Token, text: str) -> float:
    """Read a number; one with a unit is a size in bytes.

    >>> read_number(Token(NUMBER, "1.5", 1), "1.5"), read_number(Token(NUMBER, "64 KiB", 1), "64 KiB")
    (1.5, 65536.0)

    Raises
    ------
    StudyError
        If it is too large for a float, or has another unit.
    """
    try:
        return float(parse_quantity(token.text, "B", "B"))
    except OverflowError:
        raise fault("must be a number below 1e308", reprlib.repr(token.text), token.column, text) from None
    except ValueError as error:
        rule, _, got = str(error).partition(", got ")
        raise fault(rule, got, token.column, text) from None
