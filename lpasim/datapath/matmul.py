"""Matrix products of code words as the array computes them, by compiled kernels."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.datapath.reference import fraction_bits
from lpasim.datapath.terms import NO_CLASS, WORDS, Terms, tabulate
from lpasim.errors import FormatError
from lpasim_ext import lp_mac
from lpasim_ext.lp_mac import SUM_BITS

if TYPE_CHECKING:
    from lpasim.formats.log_posit import LogPosit

Words = NDArray[np.uint8]
Kernel = Callable[..., None]
"""A compiled product whose tables are chosen: (first, second, *, out)."""

WORD_BITS = 8
"""The hardware runs words of 2, 4 and 8 bits."""
LANES = 8
"""Columns that the kernel takes at a time, with 64-bit lanes and AVX-512."""
TABLE_COST = {"wide": 6.0, "paper": 1.5}
"""Building an entry of a table takes about this many times as long as adding a term (AVX-512, measured)."""
CACHE_COST = {"wide": 1 / 8, "paper": 0.0}
"""Twice the classes make adding a term slower by about this part, as tables go from cache to cache (measured)."""
WORTH_TURNING = 0.9
"""Operands are turned where this saves a tenth of the estimated time, which pays for moving them."""
SHORTEST_CHUNK = 16
"""Fewest terms that a narrow lane must hold to be worth emptying."""
LARGEST_BYTE, SIGN_BYTE = 255, 128
FLOAT_BIAS = 64
"""The kernel counts packed exponents of float32 terms from 2^-64."""
FLOAT_EXPONENT = 80
"""Terms and partial sums whose binary exponents stay within +-80 are far from the ends of float32, whose are +-126."""


def matmul(
    first: Words,
    second: Words,
    first_format: LogPosit,
    second_format: LogPosit,
    accumulator: Accumulator,
    datapath: Datapath,
    *,
    scale: float = 1.0,
    threads: int = 1,
    path: str = "auto",
) -> NDArray[np.float64]:
    """Multiply matrices of code words, each output as `lpasim.datapath.reference.dot` has it, bit for bit.

    Which operand holds weights makes no difference to the result, and little to the time.

    Parameters
    ----------
    first, second
        Code words [..., P, K] and [..., K, Q] of formats of at most 8 bits; the leading dimensions (groups, heads) are
        the same.
    accumulator
        "wide" or "paper"; the order of k matters to the latter.
    datapath
        Widths and rows of the array.
    scale
        What results are multiplied with.
    threads
        How many to use, at least 1.
    path
        "auto", or one of the paths that this processor runs: "portable", "avx2", "avx512".

    Returns
    -------
    NDArray of float64 [..., P, Q]
        In units without scale: with `scale` = 2^-(sf_first + sf_second) the real result. NaN where an operand is NaR.

    Raises
    ------
    FormatError
        If a format has more than 8 bits.
    ValueError
        If shapes do not fit, a word does not fit its format, there is no such accumulator or path, or no thread.
    """
    if accumulator not in {"wide", "paper"}:
        raise ValueError(f'accumulator must be "wide" or "paper", got {accumulator!r} (matmul)')
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads} (matmul)")
    if min(first.ndim, second.ndim) < 2 or first.shape[:-2] + first.shape[-1:] != second.shape[:-1]:
        raise ValueError(f"operands must be [..., P, K] and [..., K, Q], got {first.shape} and {second.shape} (matmul)")
    for fmt, words in ((first_format, first), (second_format, second)):
        if fmt.n > WORD_BITS:
            raise FormatError(f"n must be at most {WORD_BITS} bits in the datapath, got {fmt.n} ({fmt})")
        if words.dtype != np.uint8:
            raise ValueError(f"code words must be uint8, got {words.dtype} (matmul)")
    groups, (rows, depth), columns = first.shape[:-2], first.shape[-2:], second.shape[-1]
    number = math.prod(groups)
    first, second = (np.ascontiguousarray(x).reshape(number, *x.shape[-2:]) for x in (first, second))
    out = np.zeros((number, rows, columns))
    if out.size and depth:
        operands = _Operand.of(first, first_format), _Operand.of(second, second_format)
        setting = _Setting(accumulator, datapath, scale, threads, path)
        turned, kept = _cost(operands[1], columns, rows, accumulator), _cost(operands[0], rows, columns, accumulator)
        if turned < WORTH_TURNING * kept:
            _multiply(operands[1].turned, operands[0].turned, out.swapaxes(1, 2), setting)
        else:
            _multiply(*operands, out, setting)
    return out.reshape(*groups, rows, columns)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How to multiply."""

    accumulator: Accumulator
    datapath: Datapath
    scale: float
    threads: int
    path: str


@dataclass(frozen=True, slots=True)
class _Operand:
    """Matrices of code words [groups, ., .], and which words occur in them."""

    words: Words
    fmt: LogPosit
    used: NDArray[np.intp]

    @classmethod
    def of(cls, words: Words, fmt: LogPosit) -> _Operand:
        """Look through the words, and refuse those that the format does not have."""
        used = np.flatnonzero(np.frombuffer(lp_mac.used_words(words), np.uint8))
        if used[-1] >> fmt.n:
            raise ValueError(f"code words must be below {1 << fmt.n}, got {used[-1]} ({fmt})")
        return cls(words, fmt, used)

    @property
    def turned(self) -> _Operand:
        """The operand transposed."""
        return replace(self, words=np.ascontiguousarray(self.words.swapaxes(1, 2)))

    def holds_nar(self, axis: int) -> NDArray[np.bool_] | None:
        """Return which rows or columns hold NaR, None if there is none at all."""
        return (self.words == self.fmt.nar).any(axis=axis) if self.fmt.nar in self.used else None


def _cost(first: _Operand, rows: int, columns: int, accumulator: Accumulator) -> float:
    """Estimate the time of a product: rows of the table are built for every class, and lanes are filled up by zeros."""
    classes = min(len(first.used), 2 << fraction_bits(first.fmt), rows)
    term = 1 + CACHE_COST[accumulator] * math.log2(classes) + TABLE_COST[accumulator] * classes / rows
    return term * -(-columns // LANES) * LANES * rows


def _multiply(first: _Operand, second: _Operand, out: NDArray[np.float64], setting: _Setting) -> None:
    """Write the product to `out`, which may be a transposed view."""
    tables = tabulate(first.fmt, second.fmt, setting.datapath)
    depth = first.words.shape[2]
    factor_of, terms = _in_use(tables, first.used, second.used)
    wide = setting.accumulator == "wide"
    kernel = _wide(terms, depth, setting.scale) if wide else _paper(terms, depth, setting.datapath, setting.scale)
    _run(partial(kernel, factor_of=factor_of, path=setting.path), first.words, second.words, out, setting.threads)
    if (rows := first.holds_nar(2)) is not None:
        out[rows] = np.nan
    if (columns := second.holds_nar(1)) is not None:
        out.swapaxes(1, 2)[columns] = np.nan


def _in_use(
    terms: Terms, used_first: NDArray[np.intp], used_second: NDArray[np.intp]
) -> tuple[NDArray[np.uint32], Terms]:
    """Keep what the words in use need, counted from its own lowest exponents.

    Words of the first operand without terms have a class of zeros.

    Returns
    -------
    factor_of : NDArray of uint32 [256]
        class << 16 | scale of each word.
    terms : Terms
    """
    classes, number = np.unique(terms.class_of[used_first], return_inverse=True)
    significands = np.zeros((len(classes), WORDS), np.int32)
    real = classes != NO_CLASS
    significands[np.ix_(real, used_second)] = terms.significands[np.ix_(classes[real], used_second)]
    live = significands != 0
    exponents = np.zeros_like(significands)
    exponents[real] = terms.exponents[classes[real]]
    lowest = int(exponents[live].min(initial=exponents.max()))
    scale, has_scale = terms.scale_of[used_first], terms.class_of[used_first] != NO_CLASS
    lowest_scale = int(scale[has_scale].min(initial=scale.max()))
    scale = np.where(has_scale, scale - lowest_scale, 0)
    factor_of = np.zeros(WORDS, np.uint32)
    factor_of[used_first] = number << 16 | scale
    return factor_of, replace(
        terms,
        scale_of=scale,
        significands=significands,
        exponents=np.where(live, exponents - lowest, 0).astype(np.int32),
        unit_exponent=terms.unit_exponent + lowest + lowest_scale,
    )


def _bits(terms: Terms) -> int:
    """Bits of the largest term."""
    widths = np.frexp(np.abs(terms.significands).astype(np.float64))[1]  # of an integer: its bits
    return int((widths + terms.exponents).max()) + terms.largest_scale


def _wide(terms: Terms, depth: int, scale: float) -> Kernel:
    """Choose the narrowest lanes that hold enough terms."""
    bits, unit = _bits(terms), 2.0**terms.unit_exponent * scale
    for kind, lane_bits, least_chunk in ((np.int32, 32, SHORTEST_CHUNK), (np.int64, 64, 1 if SUM_BITS > 64 else depth)):
        spare = lane_bits - 1 - bits
        if spare >= 0 and 1 << spare >= min(least_chunk, depth):
            values = (terms.significands.astype(np.int64) << terms.exponents).astype(kind).view(f"u{lane_bits // 8}")
            return partial(lp_mac.wide, values=values, packed=_packed(terms, 0), chunk=1 << spare, unit=unit)
    return partial(_wide_limbs, terms, scale)


def _wide_limbs(
    terms: Terms, scale: float, first: Words, second: Words, *, out: NDArray[np.float64], path: str, **rest: Any
) -> None:
    """Add terms that no lane holds; there is one path."""
    lp_mac.wide_limbs(
        first,
        second,
        significands=terms.significands,
        exponents=terms.exponents,
        unit_exponent=terms.unit_exponent,
        out=out,
        **rest,
    )
    out *= scale


def _packed(terms: Terms, above: int) -> NDArray[np.uint8] | None:
    """Return significands and exponents as bytes, [classes, 2, 256], where these are wide enough.

    Parameters
    ----------
    above : int
        What is added to the exponents.
    """
    exponents = np.where(terms.significands != 0, terms.exponents + above, 0)
    if np.abs(terms.significands).max() > LARGEST_BYTE or not 0 <= exponents.min() <= exponents.max() <= SIGN_BYTE - 1:
        return None
    minus = np.where(terms.significands < 0, SIGN_BYTE, 0)
    return np.stack([np.abs(terms.significands), exponents + minus], axis=1).astype(np.uint8)


def _paper(terms: Terms, depth: int, datapath: Datapath, scale: float) -> Kernel:
    """Choose the shorter floating-point lanes where no term or sum comes near the ends of their range."""
    exponents = terms.exponents.astype(np.int64)
    middle, middle_scale = int(exponents.max()) // 2, terms.largest_scale // 2
    reach = max(_bits(terms) + depth.bit_length(), 32)
    kind = np.float32 if reach <= 2 * FLOAT_EXPONENT else np.float64
    return partial(
        lp_mac.paper,
        values=np.ldexp(terms.significands.astype(kind), (exponents - middle).astype(np.int32)),
        packed=_packed(terms, FLOAT_BIAS - middle) if kind is np.float32 else None,
        scales=np.ldexp(kind(1), np.arange(terms.largest_scale + 1, dtype=np.int32) - middle_scale),
        fold=datapath.rows,
        fraction_bits=datapath.psum_fraction_bits,
        unit=2.0 ** (terms.unit_exponent + middle + middle_scale) * scale,
    )


def _run(kernel: Kernel, first: Words, second: Words, out: NDArray[np.float64], threads: int) -> None:
    """Run a kernel, in threads on parts of the groups, of the rows where there is one group, or of the columns."""
    groups, rows, columns = out.shape
    if threads == 1:
        kernel(first, second, out=out)
        return

    def part(begin: int, end: int) -> None:
        if groups > 1:
            kernel(first[begin:end], second[begin:end], out=out[begin:end])
        elif rows >= columns:
            kernel(first[:, begin:end], second, out=out[:, begin:end])
        else:
            kernel(first, np.ascontiguousarray(second[:, :, begin:end]), out=out[:, :, begin:end])

    size = groups if groups > 1 else max(rows, columns)
    edges = np.linspace(0, size, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, edges[:-1], edges[1:]))
