"""The encoder behind a column: a linear result becomes a code word of the next layer's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from lpasim.datapath.parameters import Datapath
    from lpasim.formats.log_posit import LogPosit


def encode(x: ArrayLike, fmt: LogPosit, datapath: Datapath) -> NDArray[np.unsignedinteger[Any]]:
    """Encode results: keep the leading one and `encoder_in_bits` bits after it, then round in the log domain.

    Parameters
    ----------
    x
        Results as real numbers, scale included, of any shape.

    Returns
    -------
    codes
        uint8 where n <= 8, else uint16, in the shape of `x`. Zero gives zero, NaN and the infinities give NaR.

    Raises
    ------
    TypeError
        `x` is not of a type that float64 holds.
    """
    return fmt.encode(truncate(x, datapath.encoder_in_bits), rounding="log")


def truncate(x: ArrayLike, bits: int) -> NDArray[np.floating[Any]]:
    """Return reals without what stands more than `bits` bits behind their leading one, as a new array.

    Of float32 where `x` is, else of float64.
    """
    import numpy as np

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
