"""Modes of the array in order: w4a8 is 4-bit weights and 8-bit activations."""

from __future__ import annotations

import re


def bits_of_mode(mode: str) -> tuple[int, ...]:
    """Return the widths that a mode names, by which modes are sorted.

    >>> bits_of_mode("w4a8")
    (4, 8)
    """
    return tuple(int(number) for number in re.findall(r"\d+", mode))
