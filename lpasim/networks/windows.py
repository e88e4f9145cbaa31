"""The attributes of sliding windows: pairs for rows and columns, and padding, automatic or given."""

from __future__ import annotations

from typing import Any

from lpasim.errors import NetworkError
from lpasim.networks.graph import Node
from lpasim.networks.roles import Pair

Pads = tuple[int, int, int, int]
"""Rows and columns of padding at the top, left, bottom and right."""


def pair(values: Any, missing: int) -> Pair:
    """Return a value for the rows and one for the columns; a 1-D window has one row, no values mean `missing`."""
    padded = (missing, missing, *(int(value) for value in values))
    return padded[-2], padded[-1]


def window_pads(node: Node, image: Pair, kernel: Pair, stride: Pair, dilation: Pair, where: str) -> Pads:
    """Return the padding of a convolution or pooling.

    Parameters
    ----------
    node : Node
        Its attributes `auto_pad` and `pads` decide.
    image, kernel, stride, dilation : (int, int)
        Rows and columns of the operand and of the window.
    where : str
        The node and its network, for messages.

    Raises
    ------
    NetworkError
        If a given padding is negative.
    """
    mode = node.text("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        (top, bottom), (left, right) = (
            _same(extent, (taps - 1) * span + 1, step, mode == "SAME_UPPER")
            for extent, taps, step, span in zip(image, kernel, stride, dilation, strict=True)
        )
        return top, left, bottom, right
    given = [] if mode == "VALID" else [int(amount) for amount in node.attribute("pads", ())]
    if any(amount < 0 for amount in given):
        raise NetworkError(f"pads must be at least 0, got {given} ({where})")
    half = len(given) // 2
    return (*pair(given[:half], 0), *pair(given[half:], 0))


def _same(extent: int, reach: int, step: int, upper: bool) -> Pair:
    """Return the padding before and after, so that ceil(extent / step) windows fit; `upper`: an odd one goes after."""
    total = max((-(-extent // step) - 1) * step + reach - extent, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if upper else (large, small)
