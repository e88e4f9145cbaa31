"""Lanes by precision: how many words of a width one cell of the array takes at once.

A table is text, so that one value with one source says it: ``"2:4, 4:2, 8:1"`` are 4 words of up to 2 bits, 2 of up
to 4 and 1 of up to 8. A word runs at the narrowest width of the table that holds it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from lpasim.hardware.quantities import spelled

WORD_BITS = 8
"""Bits of packed words, a byte: what memory and buffers hold, and what a cell takes of weights for one term."""
LANE_COUNTS = (1, 2, 4)
STORED_BITS = tuple(WORD_BITS // count for count in reversed(LANE_COUNTS))
"""Widths in which words are stored: whole parts of a byte."""
_ENTRY = re.compile(r"(\d{1,3})\s*:\s*(\d{1,3})")


@cache
def lanes_by_width(table: str) -> dict[int, int]:
    """Return a table as a dictionary from the width [bit] to the number of lanes, the narrowest first.

    Raises
    ------
    ValueError
        If the text is no table, or lanes of its width do not fit a byte.
    """
    entries = [_ENTRY.fullmatch(part.strip()) for part in table.split(",")]
    if not all(entries):
        raise ValueError(f"must be a table of width:lanes such as '4:2, 8:1', got {table!r}")
    pairs = [(int(entry[1]), int(entry[2])) for entry in entries if entry]
    found = dict(sorted(pairs))
    if len(found) < len(pairs):
        raise ValueError(f"must hold each width once, got {table!r}")
    for width, count in found.items():
        if width < 1 or count not in LANE_COUNTS or width * count > WORD_BITS:
            raise ValueError(f"must hold 1, 2 or 4 lanes of {WORD_BITS} bits in all at most, got {width}:{count}")
    if list(found.values()) != sorted(found.values(), reverse=True):
        raise ValueError(f"must not have more lanes for wider words, got {table!r}")
    return found


def width_of(table: str, bits: int) -> int | None:
    """Return the width at which words of some bits run: the next one of the table, or None beyond its widest."""
    return next((width for width in lanes_by_width(table) if bits <= width), None)


def stored_width(width: int) -> int:
    """Return the width in which words of a width, at most a byte, are stored."""
    return next(bits for bits in STORED_BITS if width <= bits)


def _read(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a table of width:lanes such as '4:2, 8:1', got {spelled(value)}")
    return ", ".join(f"{width}:{count}" for width, count in lanes_by_width(value).items())


LaneTable = Annotated[str, BeforeValidator(_read)]
