"""Reals without their last bits, as a decoder of leading ones hands them on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def truncate(x: ArrayLike, bits: int) -> NDArray[np.floating[Any]]:
    """Return reals without what stands more than `bits` bits behind their leading one, as a new array.

    Of float32 where `x` is, else of float64.
    """
    given = np.asarray(x)
    kind: np.dtype[np.floating[Any]] = np.dtype(np.float32 if given.dtype == np.float32 else np.float64)
    limits = np.finfo(kind)
    result: NDArray[np.floating[Any]] = np.array(given.astype(kind, casting="safe"))
    magnitude = np.abs(result)
    subnormal = (magnitude < limits.tiny) & (magnitude > 0)  # their leading one is somewhere in the fraction field
    mantissa, exponent = np.frexp(result[subnormal])
    kept = np.ldexp(np.trunc(np.ldexp(mantissa, bits + 1)), exponent - (bits + 1))
    pattern = result.view(f"u{kind.itemsize}")
    pattern &= ~pattern.dtype.type((1 << (limits.nmant - bits)) - 1)
    result[subnormal] = kept
    return result
