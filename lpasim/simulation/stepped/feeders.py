"""The edges of the array: what the weight and the input buffer send into it in one cycle."""

from __future__ import annotations

import numpy as np

from lpasim.simulation.stepped.addresses import PADDING
from lpasim.simulation.stepped.array import IDLE, SPAN, WeightRow
from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.jobs import Fold
from lpasim.simulation.stepped.result import EdgeCycle, WordCounts, Words


def weight_row(fold: Fold, step: int, shape: tuple[int, int, int], buffer: Buffer, counts: WordCounts) -> WeightRow:
    """Read the row of a fold that enters an array of `shape` (rows, columns, lanes) in loading step `step`.

    The last row goes first; rows, columns and lanes without words are zeros. A fold of fewer rows takes the last ones.
    """
    rows, cols, lanes = shape
    row = rows - 1 - step
    idle = rows - fold.weights.shape[0]
    words: Words = np.zeros((cols, lanes), np.int64)
    used: Words = np.zeros((cols, lanes), np.int64)
    if row >= idle and fold.job.weights is not None:
        index = fold.weights[row - idle]
        words.ravel()[: index.size] = buffer.read(fold.job.weights, index)
        used.ravel()[: index.size] = 1
        counts.weight_words += int(used.any(axis=1).sum())
    return WeightRow(fold.number * rows + row, words, used.sum(axis=1))


def activations(
    streams: list[tuple[Fold, int]], now: int, rows: int, buffer: Buffer, counts: list[WordCounts]
) -> tuple[Words, Words]:
    """Read the words and tags that enter the rows in the cycle from `now`: row r is r words behind row 0."""
    words: Words = np.zeros(rows, np.int64)
    tags: Words = np.full(rows, IDLE, np.int64)
    for fold, start in streams:
        first, last = max(0, now - start - fold.job.tile.words + 1), min(rows, now - start + 1)
        behind = np.arange(first, last)
        tags[first:last] = fold.number * SPAN + now - start - behind
        idle = rows - fold.inputs.shape[1]
        fed = behind[behind >= idle]
        index = fold.inputs[now - start - fed, fed - idle]
        real = index != PADDING
        if fold.job.inputs is not None and real.any():
            words[fed[real]] = buffer.read(fold.job.inputs, index[real])
        counts[fold.job.layer].activation_words += fed.size
    return words, tags


def edges(
    now: int, rows: int, cols: int, weights: WeightRow | None, tags: Words, leaving: list[tuple[int, int, Words]]
) -> EdgeCycle:
    """Say what crosses the edges of the array in the cycle from `now`."""
    left = {col: divmod(tag, SPAN) for col, tag, _ in leaving}
    return EdgeCycle(
        cycle=now,
        weights=divmod(weights.identity, rows) if weights is not None else None,
        rows=tuple(divmod(int(tag), SPAN) if tag != IDLE else None for tag in tags),
        columns=tuple(left.get(col) for col in range(cols)),
    )
