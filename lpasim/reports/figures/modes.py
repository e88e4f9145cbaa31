"""Modes of the array in order: w4a8 is 4-bit weights and 8-bit activations."""

from __future__ import annotations

import re
from collections.abc import Iterable

STANDING = ("w8a8", "w2a4", "w4a4", "w4a8", "w2a8", "w8a4")
"""Modes of LPA, by their places among colours: each looks the same in all figures, whichever of them a network uses."""


def bits_of_mode(mode: str) -> tuple[int, ...]:
    """Return the widths that a mode names, by which modes are sorted.

    >>> bits_of_mode("w4a8")
    (4, 8)
    """
    return tuple(int(number) for number in re.findall(r"\d+", mode))


def places_of(modes: Iterable[str]) -> dict[str, int]:
    """Return the place of each mode in a list of looks, in the order of the modes.

    >>> places_of(["w8a8", "w16a16", "w4a8"])
    {'w4a8': 3, 'w8a8': 0, 'w16a16': 6}
    """
    ordered = sorted(set(modes), key=bits_of_mode)
    others = [mode for mode in ordered if mode not in STANDING]
    return {mode: [*STANDING, *others].index(mode) for mode in ordered}
