"""Partial sums after every row of the array, for a sample of folds, by the published adder in vectors.

The words of `lpasim.datapath.reference.PartialSum`, step by step, but for many sums at a time; a test holds the two
equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Datapath
from lpasim.datapath.terms import NO_CLASS, tabulate
from lpasim.formats import LogPosit
from lpasim.inference.wires import Words

EXPONENT_BITS = 10
"""Exponent of a partial sum on the wires, in two's complement: assumed, as in `array.psum_bits` of the preset."""
SAMPLED_OUTPUTS, SAMPLED_FOLDS = 8, 4
"""The most output columns of a layer, and folds of each, that are looked at."""
LONGEST_SHIFT = 31
NOWHERE = -(1 << 20)
"""Exponent of zero: below that of any number, so that zero never decides where two numbers are aligned."""
RANDOM_ROWS, FEWEST_RANDOM_COLUMNS, RANDOM_WORDS = 1 << 17, 512, 4
"""Rows of all columns, and words beneath each, whose mean stands for random words; columns differ more than words."""


class Sums(NamedTuple):
    """Partial sums fraction * 2^exponent; fractions carry the sign, and have their highest bit set or are zero."""

    fraction: NDArray[np.int32]
    exponent: NDArray[np.int32]


class Place(NamedTuple):
    """A fold of one output column: group, column, first row."""

    group: int
    column: int
    top: int


@dataclass(frozen=True, slots=True)
class Product:
    """A layer's operands, and the array that they are fed to.

    Attributes
    ----------
    weights, activations : ndarray of uint8 [G, K, N], [G, K, M]
        Code words.
    columns : int
        Output columns of a fold.
    """

    weights: Words
    activations: Words
    weight_format: LogPosit
    activation_format: LogPosit
    datapath: Datapath
    columns: int

    def rows_in_use(self, top: int) -> int:
        """Return how many rows the fold uses that starts with a term of the sum; 0 behind the last term."""
        depth: int = self.weights.shape[1]
        return min(self.datapath.rows, max(0, depth - top))


def normalised(magnitude: NDArray[np.int32], exponent: NDArray[np.int32], minus: NDArray[np.bool_], bits: int) -> Sums:
    """Bring magnitudes to a number of bits: low bits are dropped, or zeros come in from below."""
    shift = np.frexp(magnitude.astype(np.float32))[1] - bits  # of an integer below 2^24: its bits
    fraction = np.where(shift > 0, magnitude >> np.maximum(shift, 0), magnitude << np.maximum(-shift, 0))
    return Sums(
        np.where(minus, -fraction, fraction).astype(np.int32),
        np.where(magnitude == 0, NOWHERE, exponent + shift).astype(np.int32),
    )


def add(total: Sums, term: Sums, bits: int) -> Sums:
    """Add as the "paper" accumulator does: align, add with signs, normalise."""
    exponent = np.maximum(total.exponent, term.exponent)
    result = sum(_aligned(operand, exponent) for operand in (total, term))
    return normalised(np.abs(result), exponent, np.less(result, 0), bits)


def wire_words(sums: Sums, bits: int) -> NDArray[np.uint32]:
    """Return what lies on the wires: sign, exponent and fraction, from the highest bit; all zeros for zero."""
    exponent = np.where(sums.fraction == 0, 0, sums.exponent) & ((1 << EXPONENT_BITS) - 1)
    sign = (sums.fraction < 0).astype(np.uint32) << np.uint32(EXPONENT_BITS + bits)
    return np.asarray(sign | exponent.astype(np.uint32) << np.uint32(bits) | np.abs(sums.fraction).astype(np.uint32))


def words_below_rows(weights: Words, activations: Words, product: Product) -> NDArray[np.uint32]:
    """Return the words on the wires beneath every row.

    Parameters
    ----------
    weights : ndarray [S, rows]
        Code words of the weights of S columns of PEs.
    activations : ndarray [S, rows, M]
        Code words that stream past them.

    Returns
    -------
    ndarray [S, rows, M]
    """
    bits = product.datapath.psum_fraction_bits
    table = _terms(product.weight_format, product.activation_format, product.datapath)
    words = np.empty(activations.shape, np.uint32)
    total = Sums(*(np.full(activations[:, 0].shape, start, np.int32) for start in (0, NOWHERE)))
    for row in range(activations.shape[1]):
        picked = weights[:, row, None].astype(np.intp) << 8 | activations[:, row]
        total = add(total, Sums(table.fraction[picked], table.exponent[picked]), bits)
        words[:, row] = wire_words(total, bits)
    return words


def partial_sum_flips(product: Product) -> tuple[int, int]:
    """Count pairs of successive words, and bits that flip, beneath the rows of a sample of folds.

    A fold counts with the step of each of its rows to the first word of the fold that uses the row next.
    """
    pairs = flipped = 0
    sample = sampled_places(product)
    for depth in sorted({product.rows_in_use(place.top) for place in sample}):
        places = [place for place in sample if product.rows_in_use(place.top) == depth]
        words = _words_of(product, places)
        pairs += words[:, :, 1:].size
        flipped += _distance(words[:, :, 1:], words[:, :, :-1])
        for place, closing in zip(places, words[:, ::-1, -1], strict=True):
            for after, rows in followers(product, place):
                opening = _words_of(product, [after], first_alone=True)[0, ::-1, 0]
                pairs += closing[rows].size
                flipped += _distance(opening[rows], closing[rows])
    return pairs, flipped


def sampled_places(product: Product) -> list[Place]:
    """Choose output columns of all groups, and folds of each, spread evenly with the first and the last among them."""
    groups, depth, columns = product.weights.shape
    rows = product.datapath.rows
    outputs = _spread(groups * columns, SAMPLED_OUTPUTS)
    folds = _spread(-(-depth // rows), SAMPLED_FOLDS)
    return [Place(output // columns, output % columns, fold * rows) for output in outputs for fold in folds]


def followers(product: Product, place: Place) -> Iterator[tuple[Place, slice]]:
    """Generate the folds that use the rows of a fold next, in the same column and lane.

    Yields
    ------
    fold : Place
    rows : slice
        The rows that it is next for, counted from the foot of the column. A last fold along K that leaves upper rows
        idle is next for the others alone.
    """
    below = place._replace(top=place.top + product.datapath.rows)
    used, used_below = product.rows_in_use(place.top), product.rows_in_use(below.top)
    if used_below:
        yield below, slice(0, used_below)
    after = _next_output(product, place)
    if after is not None and used_below < used:
        yield after, slice(used_below, used)


@lru_cache(maxsize=64)
def random_flips(weight_format: LogPosit, activation_format: LogPosit, datapath: Datapath) -> float:
    """Return the mean Hamming distance [bits] between successive partial sums of uniformly random code words."""
    random = np.random.default_rng(0)
    shape = max(FEWEST_RANDOM_COLUMNS, RANDOM_ROWS // datapath.rows), datapath.rows
    weights = random.integers(0, 1 << weight_format.n, shape, np.uint8)
    activations = random.integers(0, 1 << activation_format.n, (*shape, RANDOM_WORDS), np.uint8)
    product = Product(weights[None], activations[0], weight_format, activation_format, datapath, 1)
    words = words_below_rows(weights, activations, product)
    return _distance(words[:, :, 1:], words[:, :, :-1]) / words[:, :, 1:].size


def _next_output(product: Product, place: Place) -> Place | None:
    """Return the first fold of the output that a column and lane computes next."""
    groups, _, columns = product.weights.shape
    beside = place.column + product.columns
    if beside < columns:
        return Place(place.group, beside, 0)
    return Place(place.group + 1, place.column % product.columns, 0) if place.group + 1 < groups else None


def _words_of(product: Product, places: Sequence[Place], *, first_alone: bool = False) -> NDArray[np.uint32]:
    """Return the words [S, rows, M] beneath the rows of folds of one depth, or those of the first activation alone."""
    depth = product.rows_in_use(places[0].top)
    ends = 1 if first_alone else product.activations.shape[2]
    weights = np.stack([product.weights[p.group, p.top : p.top + depth, p.column] for p in places])
    activations = np.stack([product.activations[p.group, p.top : p.top + depth, :ends] for p in places])
    return words_below_rows(weights, activations, product)


def _aligned(sums: Sums, exponent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return fractions at a larger exponent; the bits that shift out are dropped from the magnitude."""
    magnitude = np.abs(sums.fraction) >> np.minimum(exponent - sums.exponent, LONGEST_SHIFT)
    return np.asarray(np.where(sums.fraction < 0, -magnitude, magnitude), dtype=np.int32)


@lru_cache(maxsize=64)
def _terms(weight_format: LogPosit, activation_format: LogPosit, datapath: Datapath) -> Sums:
    """Return the converter's output [2^16] for every weight word (high byte) and activation word (low byte).

    Zero and NaR contribute nothing.
    """
    terms = tabulate(weight_format, activation_format, datapath)
    classes = terms.class_of[:, None]
    significand = np.where(classes == NO_CLASS, 0, terms.significands[terms.class_of]).astype(np.int32)
    exponent = terms.exponents[terms.class_of] + terms.scale_of[:, None] + terms.unit_exponent
    found = normalised(np.abs(significand), exponent.astype(np.int32), significand < 0, datapath.psum_fraction_bits)
    return Sums(*(part.ravel() for part in found))


def _spread(count: int, most: int) -> list[int]:
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()})


def _distance(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> int:
    return int(np.bitwise_count(first ^ second).sum(dtype=np.int64))
