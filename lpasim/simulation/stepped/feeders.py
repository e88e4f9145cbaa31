"""The edges of the array: what the weight and the input buffer send into it in one cycle."""

from __future__ import annotations

import numpy as np

from lpasim.simulation.stepped.addresses import PADDING
from lpasim.simulation.stepped.array import IDLE, SPAN, WeightRow
from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.jobs import Fold
from lpasim.simulation.stepped.result import EdgeCycle, WordCounts, Words


def weight_row(
    fold: Fold, step: int, shape: tuple[int, int, int, int], buffer: Buffer, counts: WordCounts
) -> WeightRow:
    """Read the row of a fold that enters an array of `shape` (rows, columns, terms, lanes) in loading step `step`.

    The last row goes first; rows, columns, terms and lanes without words are zeros. A fold of fewer rows takes the last
    ones, and one whose terms do not fill them leaves some of the last row's without words.
    """
    rows, cols, terms, lanes = shape
    row = rows - 1 - step
    first = (row - idle_rows(fold.weights.shape[0], rows, terms)) * terms
    words: Words = np.zeros((terms, cols * lanes), np.int64)
    used: Words = np.zeros((terms, cols * lanes), np.int64)
    if first >= 0 and fold.job.weights is not None:
        index = fold.weights[first : first + terms]
        place = np.s_[: index.shape[0], : index.shape[1]]
        words[place] = buffer.read(fold.job.weights, index)
        used[place] = 1
        counts.weight_words += int(used.reshape(terms, cols, lanes).any(axis=2).sum())
    by_column = words.reshape(terms, cols, lanes).transpose(1, 0, 2)
    return WeightRow(fold.number * rows + row, by_column, used.reshape(terms, cols, lanes).sum(axis=(0, 2)))


def activations(
    streams: list[tuple[Fold, int]],
    now: int,
    shape: tuple[int, int],
    buffer: Buffer,
    counts: list[WordCounts],
) -> tuple[Words, Words]:
    """Read the words and tags that enter an array of `shape` (rows, terms) in the cycle from `now`.

    Row r is r words behind row 0.
    """
    rows, terms = shape
    words: Words = np.zeros((rows, terms), np.int64)
    tags: Words = np.full(rows, IDLE, np.int64)
    for fold, start in streams:
        first, last = max(0, now - start - fold.job.tile.words + 1), min(rows, now - start + 1)
        behind = np.arange(first, last)
        tags[first:last] = fold.number * SPAN + now - start - behind
        depth = fold.inputs.shape[1]
        term = (behind[:, None] - idle_rows(depth, rows, terms)) * terms + np.arange(terms)
        fed = (term >= 0) & (term < depth)
        row, lane = behind[fed.nonzero()[0]], fed.nonzero()[1]
        index = fold.inputs[now - start - row, term[fed]]
        real = index != PADDING
        if fold.job.inputs is not None and real.any():
            words[row[real], lane[real]] = buffer.read(fold.job.inputs, index[real])
        counts[fold.job.layer].activation_words += row.size
    return words, tags


def idle_rows(depth: int, rows: int, terms: int) -> int:
    """Count the rows that a fold of some depth leaves without terms: the first ones."""
    return rows - -(-depth // terms)


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
