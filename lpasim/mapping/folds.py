"""How long the array takes for a fold: the table of `docs/cycle-contract.md`, "The array"."""

from __future__ import annotations

from lpasim.hardware.model import Array


def drain_cycles(array: Array, words: int) -> int:
    """Cycles from a fold's first activation word to its last result."""
    return words + array.rows + array.cols - 2


def fold_cycles(array: Array, words: int) -> int:
    """Cycles from one fold's first activation word to the next fold's, where nothing keeps it waiting."""
    if array.fold_overlap:
        return max(words, array.rows)
    return drain_cycles(array, words) + (0 if array.weight_double_buffer else array.rows)
