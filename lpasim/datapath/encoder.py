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
    from lpasim.formats import codec

    return codec.encode(fmt, x, "log", kept=datapath.encoder_in_bits)


def encoded_values(x: NDArray[np.float32], fmt: LogPosit, datapath: Datapath) -> NDArray[np.float32]:
    """Return the values of the code words that results get, in one step.

    Parameters
    ----------
    x
        Results as real numbers, scale included, of any shape.

    Returns
    -------
    values
        In float32 and the shape of `x`.
    """
    from lpasim.formats import codec

    return codec.quantize(fmt, x, "log", kept=datapath.encoder_in_bits)
