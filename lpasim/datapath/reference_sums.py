"""Sums of products by the definition of the datapath: align, add and normalise, row after row and fold after fold.

As in `reference`, each step is one function in plain integers, and follows `docs/datapath.md`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from lpasim.datapath.reference import ZERO, PartialSum, convert, decode_word, multiply, normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lpasim.datapath.parameters import Accumulator, Datapath
    from lpasim.formats.log_posit import LogPosit


def hold(value: float, datapath: Datapath) -> PartialSum:
    """Return the partial sum that holds a finite value, truncated to `psum_fraction_bits` bits."""
    numerator, denominator = value.as_integer_ratio()
    return normalise(int(numerator < 0), 1 - denominator.bit_length(), abs(numerator), datapath)


def align(total: PartialSum, term: PartialSum) -> tuple[int, int, int]:
    """Return the larger exponent and both fractions at it; the bits of the smaller one that shift out are dropped."""
    if not total.fraction or not term.fraction:
        exponent = term.exponent if term.fraction else total.exponent
        return exponent, total.fraction, term.fraction
    exponent = max(total.exponent, term.exponent)
    return exponent, total.fraction >> (exponent - total.exponent), term.fraction >> (exponent - term.exponent)


def add(total: PartialSum, term: PartialSum, datapath: Datapath) -> PartialSum:
    """Add two partial sums as the "paper" accumulator does: align, add with signs, normalise. Cancelling gives zero."""
    exponent, left, right = align(total, term)
    result = (-left if total.sign else left) + (-right if term.sign else right)
    return normalise(int(result < 0), exponent, abs(result), datapath)


def add_in_folds(terms: Sequence[PartialSum], datapath: Datapath) -> PartialSum:
    """Add terms in the array's order: row after row inside a fold, then fold after fold in the output buffer."""
    stored = ZERO
    for first in range(0, len(terms), datapath.rows):
        total = ZERO
        for term in terms[first : first + datapath.rows]:
            total = add(total, term, datapath)
        stored = add(stored, total, datapath)
    return stored


def dot(
    w_codes: Sequence[int] | NDArray[np.integer],
    a_codes: Sequence[int] | NDArray[np.integer],
    fmt_w: LogPosit,
    fmt_a: LogPosit,
    accumulator: Accumulator,
    datapath: Datapath,
) -> float:
    """Return one output of the array, in units without scale: times 2^-(sf_w + sf_a) it is the real number.

    Parameters
    ----------
    w_codes, a_codes
        Code words of the weights and the activations [K].

    Returns
    -------
    output
        NaN where a word is NaR. "wide": the exact sum, rounded once to float64. "paper": exact.

    Raises
    ------
    FormatError
        A code does not fit in its format.
    ValueError
        The two have different lengths, or there is no such accumulator.
    """
    if accumulator not in {"wide", "paper"}:
        raise ValueError(f'accumulator must be "wide" or "paper", got {accumulator!r} (dot)')
    products = [
        multiply(decode_word(int(w), fmt_w), decode_word(int(a), fmt_a)) for w, a in zip(w_codes, a_codes, strict=True)
    ]
    if any(product.kind == "nar" for product in products):
        return math.nan
    terms = [convert(product, datapath) for product in products]
    if accumulator == "wide":
        return float(sum((term.value for term in terms), Fraction(0)))
    return float(add_in_folds(terms, datapath).value)


def matmul(
    a_codes: NDArray[np.integer],
    w_codes: NDArray[np.integer],
    fmt_a: LogPosit,
    fmt_w: LogPosit,
    accumulator: Accumulator,
    datapath: Datapath,
) -> NDArray[np.float64]:
    """Return the product of matrices of code words, each output by `dot`.

    Parameters
    ----------
    a_codes
        Activations [M, K].
    w_codes
        Weights [K, N].

    Returns
    -------
    outputs
        In units without scale [M, N].
    """
    import numpy as np

    outputs = np.empty((a_codes.shape[0], w_codes.shape[1]), dtype=np.float64)
    for m, n in np.ndindex(outputs.shape):
        outputs[m, n] = dot(w_codes[:, n], a_codes[m], fmt_w, fmt_a, accumulator, datapath)
    return outputs
