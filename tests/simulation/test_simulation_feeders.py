"""What enters an array of the stepped model: a fold of fewer rows than the array has uses the last ones."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from lpasim.simulation.stepped.array import IDLE, SPAN, PeArray
from lpasim.simulation.stepped.feeders import activations, weight_row
from lpasim.simulation.stepped.jobs import Fold
from lpasim.simulation.stepped.result import WordCounts

ROWS, COLS = 5, 2
WEIGHTS = np.array([[2, 3], [5, 7], [11, 13]])
INPUTS = np.array([[1, 4, 9], [16, 25, 36]])
BUFFER = SimpleNamespace(read=lambda block, index: index)
"""Holds at each address the address itself."""


def fold_of_three_rows() -> Fold:
    job = SimpleNamespace(layer=0, weights="weights", inputs="inputs", tile=SimpleNamespace(words=len(INPUTS)))
    return Fold(0, job, INPUTS, WEIGHTS, WEIGHTS, completes_sums=True, first=True, last=True)


def test_words_enter_the_last_rows_and_sums_start_beneath_the_idle_ones() -> None:
    """Two words of three terms in an array of five rows; the sums leave the foot when those of five terms would."""
    fold, array, counts, start = fold_of_three_rows(), PeArray(ROWS, COLS, shadow=True), WordCounts(), ROWS
    sums = {}
    for now in range(start + len(INPUTS) + ROWS + COLS - 1):
        row = weight_row(fold, now, (ROWS, COLS, 1, 1), BUFFER, counts) if now < ROWS else None
        if row is not None:
            assert row.used.any() == (row.identity >= 2), "row 4 goes first, rows 0 and 1 have no words"
        streams = [(fold, start)] if now >= start else []
        words, tags = activations(streams, now, (ROWS, 1), BUFFER, [counts])
        assert not words[:2].any()
        for place in range(ROWS):
            word = now - start - place
            fed = 0 <= word < len(INPUTS)
            assert tags[place] == (word if fed else IDLE)
            if fed and place >= 2:
                assert words[place] == INPUTS[word, place - 2]
        for col, tag, leaving in array.step(row, words, tags):
            sums[col, tag % SPAN] = int(leaving[0])
            assert now == start + tag % SPAN + ROWS - 1 + col
    assert (counts.weight_words, counts.activation_words) == (WEIGHTS.size, INPUTS.size)
    expected = INPUTS @ WEIGHTS
    assert sums == {(col, word): expected[word, col] for col in range(COLS) for word in range(len(INPUTS))}
