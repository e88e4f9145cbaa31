"""Bits that flip on the weight and activation wires of the array, counted over whole products.

Operands are stacks [G, K, M] and [G, K, N] of code words; G are the groups of a convolution or the heads of an
attention. `docs/activity.md` says in which order their words pass the wires.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.packing import LANES, WORD_BITS

Words = NDArray[np.uint8]
Flips = tuple[int, int]
"""Pairs of successive words, and bits that differ in them."""


def stored_bits(n: int) -> int:
    """Return the width at which words of n bits, at most 8, are stored: the next one that the hardware runs."""
    return next(bits for bits in sorted(LANES) if n <= bits)


def random_bits(n: int) -> float:
    """Return the mean Hamming distance [bits] of two random code words of n bits.

    It is that over all pairs: each bit of a word is one in half of the words, but those above n in storage are zeros.
    """
    return n / 2


def rows_of(depth: int, rows: int) -> NDArray[np.int64]:
    """Return the row of the array [depth] that each term of a sum is in: a fold of fewer rows takes the last ones."""
    term = np.arange(depth)
    return np.where(term < (depth - 1) // rows * rows, term % rows, rows - depth + term)


def packed(weights: Words, n: int) -> Words:
    """Pack the weights of neighbouring columns into words of 8 bits, the first column in the lowest bits.

    Parameters
    ----------
    weights : ndarray [G, K, N]
        Code words of n bits.

    Returns
    -------
    ndarray of uint8 [G, K, ceil(N / lanes)]
        Lanes without a column are zeros.
    """
    bits = stored_bits(n)
    lanes = LANES[bits]
    groups, depth, columns = weights.shape
    full = np.zeros((groups, depth, -(-columns // lanes) * lanes), np.uint8)
    full[:, :, :columns] = weights
    shifted = full.reshape(groups, depth, -1, lanes) << np.arange(0, WORD_BITS, bits, dtype=np.uint8)
    return np.asarray(np.bitwise_or.reduce(shifted, axis=3))


def weight_flips(weights: Words, n: int, rows: int, cols: int) -> Flips:
    """Count what flips at the tops of the columns while the folds of a layer are loaded, the last row of each first."""
    words = packed(weights, n)
    depth = words.shape[1]
    order = np.concatenate([np.arange(top, min(top + rows, depth))[::-1] for top in range(0, depth, rows)])
    pairs = flipped = 0
    for col in range(min(cols, words.shape[2])):
        passing = words[:, order, col::cols].transpose(0, 2, 1).ravel()
        pairs += passing.size - 1
        flipped += distance(passing[1:], passing[:-1])
    return pairs, flipped


def activation_flips(activations: Words, column_folds: int, rows: int) -> Flips:
    """Count what flips on the wires into the rows while a layer streams.

    Parameters
    ----------
    activations : ndarray [G, K, M]
        Code words.
    column_folds : int
        How often each product streams: its folds along N.
    rows : int
        Of the array.
    """
    groups, depth, length = activations.shape
    first, last = activations[:, :, 0], activations[:, :, -1]
    flipped = column_folds * distance(activations[:, :, 1:], activations[:, :, :-1])
    places = rows_of(depth, rows)
    for row in np.unique(places):
        opening, closing = first[:, places == row], last[:, places == row]
        flipped += column_folds * distance(opening[:, 1:], closing[:, :-1])
        flipped += (column_folds - 1) * distance(opening[:, 0], closing[:, -1])
        flipped += distance(opening[1:, 0], closing[:-1, -1])
    return groups * depth * length * column_folds - min(rows, depth), flipped


def distance(first: Words, second: Words) -> int:
    """Return the Hamming distance of two arrays of words of one shape [bits]."""
    return int(np.bitwise_count(first ^ second).sum(dtype=np.int64))


def histogram(words: Words, n: int) -> NDArray[np.int64]:
    """Count each code word of n bits [2^n]; two words at a time, which is faster."""
    flat = np.ascontiguousarray(words).reshape(-1)
    even = flat.size // 2 * 2
    pairs = np.bincount(flat[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    counts = pairs.sum(axis=0) + pairs.sum(axis=1) + np.bincount(flat[even:], minlength=256)
    return np.asarray(counts[: 1 << n], dtype=np.int64)


def busy_macs(weights: Words, activations: Words) -> int:
    """Count the multiply-accumulates of a product in which neither operand is zero."""
    pairs = np.count_nonzero(weights, axis=2) * np.count_nonzero(activations, axis=2)
    return int(pairs.sum(dtype=np.int64))
