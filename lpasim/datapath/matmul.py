"""Matrix products of code words as the array computes them, by compiled kernels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.datapath.plan import Octaves, plan
from lpasim.datapath.reference import fraction_bits
from lpasim.datapath.threads import side_by_side
from lpasim.errors import FormatError
from lpasim_ext import lp_mac
from lpasim_ext.lp_mac import SUM_BITS

if TYPE_CHECKING:
    from lpasim.formats.log_posit import LogPosit

Words = NDArray[np.uint8]
Kernel = Callable[..., None]
"""A compiled product; once its tables are chosen, of (first, second, *, out)."""

WORD_BITS = 8
"""The hardware runs words of 2, 4 and 8 bits."""
LANES = 8
"""Columns that the kernel takes at a time, with 64-bit lanes and AVX-512."""
BLOCK = 128
"""Columns that the kernel has tables for at a time, with 32-bit lanes and AVX-512; a multiple of all its blocks."""
TABLE_COST = {"wide": 6.0, "paper": 1.5}
"""Building an entry of a table takes about this many times as long as adding a term (AVX-512, measured)."""
CACHE_COST = {"wide": 1 / 8, "paper": 0.0}
"""Twice the classes make adding a term slower by about this part, as tables go from cache to cache (measured)."""
WORTH_TURNING = 0.9
"""Operands are turned where this saves a tenth of the estimated time, which pays for moving them."""
WORTH_THREADS = 1 << 17
"""Words that take longer to look through than a thread takes to hear of them."""


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
    """Multiply matrices of code words, each output as `lpasim.datapath.reference_sums.dot` has it, bit for bit.

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
        operands = _Operand.of(first, first_format, threads), _Operand.of(second, second_format, threads)
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
    used: NDArray[np.uint8]

    @classmethod
    def of(cls, words: Words, fmt: LogPosit, threads: int) -> _Operand:
        """Look through the words, and refuse those that the format does not have."""
        flat, found = words.reshape(-1), []

        def look(begin: int, end: int) -> None:
            found.append(np.frombuffer(lp_mac.used_words(flat[begin:end]), np.uint8))

        side_by_side(look, _edges(flat.size, threads if flat.size > WORTH_THREADS else 1))
        used = np.flatnonzero(np.any(found, axis=0)).astype(np.uint8)
        if used[-1] >> fmt.n:
            raise ValueError(f"code words must be below {1 << fmt.n}, got {used[-1]} ({fmt})")
        return cls(words, fmt, used)

    @property
    def turned(self) -> _Operand:
        """The operand transposed."""
        return replace(self, words=lp_mac.transposed(self.words))

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
    formats = replace(first.fmt, sf=0.0), replace(second.fmt, sf=0.0)
    chosen = plan(
        *formats,
        Octaves.of(formats[0], first.used),
        Octaves.of(formats[1], second.used),
        first.words.shape[2],
        setting.accumulator,
        setting.datapath,
        SUM_BITS,
    )
    compiled: Kernel = getattr(lp_mac, chosen.kernel)
    kernel = partial(compiled, **chosen.tables, unit=chosen.unit * setting.scale, path=setting.path)
    _run(kernel, first.words, second.words, out, setting.threads)
    if (rows := first.holds_nar(2)) is not None:
        out[rows] = np.nan
    if (columns := second.holds_nar(1)) is not None:
        out.swapaxes(1, 2)[columns] = np.nan


def _run(kernel: Kernel, first: Words, second: Words, out: NDArray[np.float64], threads: int) -> None:
    """Run a kernel, in threads on parts of the groups, of columns that fill blocks of its own, or of the rows."""
    groups, rows, columns = out.shape
    if threads == 1:
        kernel(first, second, out=out)
        return

    def stack(begin: int, end: int) -> None:
        kernel(first[begin:end], second[begin:end], out=out[begin:end])

    def right(begin: int, end: int) -> None:
        kernel(first, np.ascontiguousarray(second[:, :, begin:end]), out=out[:, :, begin:end])

    def below(begin: int, end: int) -> None:
        kernel(first[:, begin:end], second, out=out[:, begin:end])

    if groups > 1:
        side_by_side(stack, _edges(groups, threads))
    elif columns >= threads * BLOCK or columns > rows:
        side_by_side(right, _edges(columns, threads, BLOCK if columns >= threads * BLOCK else 1))
    else:
        side_by_side(below, _edges(rows, threads))


def _edges(size: int, parts: int, unit: int = 1) -> list[int]:
    """Return the edges of nearly equal parts, in multiples of a unit."""
    return [min(size, round(size * part / parts / unit) * unit) for part in range(parts)] + [size]
