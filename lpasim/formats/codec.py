"""Arrays of reals to code words and back, by the compiled kernel: the one module that calls `lpasim_ext.lp_codec`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.errors import FormatError
from lpasim.formats.caching import cached
from lpasim.formats.parameters import check_rounding
from lpasim.formats.search_tables import bucket_table, search_table
from lpasim.formats.truncation import truncate
from lpasim_ext import lp_codec

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.ranks import Coded, Ranked

    Codes = NDArray[np.unsignedinteger[Any]]
    Reals = NDArray[np.floating[Any]]

PATTERNS: dict[int, type[np.unsignedinteger[Any]]] = {2: np.uint16, 4: np.uint32, 8: np.uint64}
"""The unsigned integer type of a float's bit pattern, by its size [bytes]."""


def encode(fmt: Ranked, x: ArrayLike, rounding: Rounding, path: str = "auto", *, kept: int | None = None) -> Codes:
    """Round reals to code words; see `NumberFormat.encode`.

    `path` forces a code path of the kernel. Of reals, `kept` bits after the leading one are seen, or all.
    """
    check_rounding(rounding)
    reals = _reals(x)
    return _encode(fmt, _patterns(reals), rounding, path, kept).reshape(reals.shape)


def decode(fmt: Coded, codes: ArrayLike, path: str = "auto") -> NDArray[np.float64]:
    """Return the values of code words; see `NumberFormat.decode`."""
    words = _codes(fmt, codes)
    out = np.empty(words.size, np.uint64)
    lp_codec.lookup(words.reshape(-1), _value_patterns(fmt, 8), out, path)
    return out.view(np.float64).reshape(words.shape)


def quantize(fmt: Ranked, x: ArrayLike, rounding: Rounding, path: str = "auto", *, kept: int | None = None) -> Reals:
    """Round reals to values of the format; see `NumberFormat.quantize`, and `encode` for `kept`."""
    check_rounding(rounding)
    reals = _reals(x)
    size_bytes = reals.dtype.itemsize
    table = _value_patterns(fmt, size_bytes)
    out = np.empty(reals.size, PATTERNS[size_bytes])
    patterns = _patterns(reals)
    buckets = bucket_table(fmt, rounding, kept) if size_bytes == 4 else None
    if buckets is not None:
        lp_codec.quantize_buckets(patterns, buckets.table, buckets.shift, (1 << fmt.n) - 1, table, out, path)
    else:
        lp_codec.lookup(_encode(fmt, patterns, rounding, path, kept), table, out, path)
    return out.view(reals.dtype).reshape(reals.shape)


def _reals(x: ArrayLike) -> Reals:
    """Return `x` as a contiguous array of float16, float32 or float64 in native byte order."""
    array = np.asarray(x)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize not in PATTERNS:
        raise TypeError(
            f"x must be of type float16, float32, float64 or an integer type, got {array.dtype} (number format)"
        )
    return np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")


def _patterns(reals: Reals) -> Codes:
    """Return the bit patterns [size]; a float16 is widened, which loses nothing (and may complain of a NaN's kind)."""
    flat = reals.reshape(-1)
    if flat.dtype.itemsize == 2:
        with np.errstate(invalid="ignore"):
            flat = flat.astype(np.float32)
    return flat.view(PATTERNS[flat.dtype.itemsize])


def _encode(fmt: Ranked, patterns: Codes, rounding: Rounding, path: str, kept: int | None) -> Codes:
    code_mask = (1 << fmt.n) - 1
    codes: Codes = np.empty(patterns.size, np.uint8) if fmt.n <= 8 else np.empty(patterns.size, np.uint16)
    buckets = bucket_table(fmt, rounding, kept) if patterns.dtype == np.uint32 else None
    if buckets is not None:
        lp_codec.encode_buckets(patterns, buckets.table, buckets.shift, code_mask, codes, path)
    else:
        if kept is not None:
            patterns = truncate(patterns.view(f"f{patterns.dtype.itemsize}"), kept).view(patterns.dtype)
        table = search_table(fmt, rounding, 8 * patterns.dtype.itemsize)
        lp_codec.encode_search(
            patterns, table.thresholds, table.starts, table.lowest, table.highest, table.shift, table.steps, fmt.nar,
            code_mask, codes,
        )  # fmt: skip
    return codes


def _codes(fmt: Coded, codes: ArrayLike) -> Codes:
    """Return code words as a contiguous array of uint8 or uint16, after a check of their range."""
    words = np.asarray(codes)
    if words.size == 0 and not isinstance(codes, np.ndarray):
        words = words.astype(np.uint8)
    if words.dtype.kind not in "iu":
        raise TypeError(f"codes must be of an integer type, got {words.dtype} (number format)")
    if words.dtype.kind == "i" or 8 * words.dtype.itemsize > fmt.n:
        outside = words[(words < 0) | (words >> fmt.n != 0)]
        if outside.size:
            raise FormatError(f"codes must be in 0..{(1 << fmt.n) - 1}, got {outside.flat[0]} ({fmt})")
    return np.asarray(words, dtype=np.uint8 if fmt.n <= 8 else np.uint16, order="C")


@cached
def _value_patterns(fmt: Coded, size_bytes: int) -> Codes:
    """Return the bit patterns of the values in a float of 2, 4 or 8 bytes, for every uint8 or uint16 [256 or 65536]."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = fmt.values().astype(f"f{size_bytes}")
    table = np.zeros(256 if fmt.n <= 8 else 65536, PATTERNS[size_bytes])
    table[: 1 << fmt.n] = rounded.view(PATTERNS[size_bytes])
    return table
