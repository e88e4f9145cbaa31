"""How log posits are packed into the words of LPA: 1, 2 or 4 to a byte."""

from __future__ import annotations

WORD_BITS = 8
"""Bits of packed weights that one PE holds."""
LANES = {2: 4, 4: 2, 8: 1}
"""Weight bits of a mode (A, B and C of LPA) -> weight words in one PE."""
