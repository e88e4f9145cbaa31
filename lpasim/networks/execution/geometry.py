"""Geometry of sliding windows: sizes, padding, and what each tap of a window sees.

Elements of images may have any type: numbers, or the code words of a number format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.registry import Array
from lpasim.networks.graph import Node, Shape
from lpasim.networks.roles import Pair
from lpasim.networks.windows import Pads, pair, window_pads


@dataclass(frozen=True, slots=True)
class Window:
    """A 2-D window. `pads`: top, left, bottom, right."""

    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    pads: Pads = (0, 0, 0, 0)
    groups: int = 1


def window_of(node: Node, image: Shape, kernel: Shape) -> Window:
    """Read a window from a node's attributes; a 1-D one gets the height 1.

    Parameters
    ----------
    node : Node
        A convolution or pooling.
    image : tuple of int
        Sizes of the spatial axes of the operand.
    kernel : tuple of int
        Sizes of the window.

    Raises
    ------
    NetworkError
        If it has three or more dimensions, or negative padding.
    """
    if len(image) not in (1, 2) or len(kernel) != len(image):
        raise NetworkError(f"window must be 1-D or 2-D and fit the image, got {kernel} over {image} ({node})")
    size, taps = pair(image, 1), pair(kernel, 1)
    stride, dilation = pair(node.attribute("strides", ()), 1), pair(node.attribute("dilations", ()), 1)
    pads = window_pads(node, size, taps, stride, dilation, str(node))
    return Window(taps, stride, dilation, pads, int(node.attribute("group", 1)))


def reach(window: Window) -> Pair:
    """Return how many rows and columns a window spans, gaps included."""
    (height, width), (down, across) = window.kernel, window.dilation
    return (height - 1) * down + 1, (width - 1) * across + 1


def out_size(image: Pair, window: Window) -> Pair:
    """Return how many windows fit into the padded image, down and across."""
    (rows, cols), (down, across), (top, left, bottom, right) = reach(window), window.stride, window.pads
    return (image[0] + top + bottom - rows) // down + 1, (image[1] + left + right - cols) // across + 1


def padded(x: Array, pads: Pads, fill: Any) -> Array:
    """Surround images with rows and columns of a value; the images themselves where there is nothing to add."""
    if not any(pads):
        return x
    top, left, bottom, right = pads
    *lead, height, width = x.shape
    result = np.full((*lead, height + top + bottom, width + left + right), fill, dtype=x.dtype)
    result[..., top : top + height, left : left + width] = x
    return result


def taps_of(x: Array, window: Window, out: Pair) -> Array:
    """Return what each tap of the window sees, as a view.

    Parameters
    ----------
    x : ndarray
        Padded images [..., height, width].
    window : Window
        Its stride and dilation count, its padding does not.
    out : (int, int)
        How many windows there are, down and across; `out_size` tells how many fit.

    Returns
    -------
    ndarray
        [..., kernel height, kernel width, *out], read-only.
    """
    *lead, down, across = x.strides
    strides = (
        down * window.dilation[0],
        across * window.dilation[1],
        down * window.stride[0],
        across * window.stride[1],
    )
    shape = (*x.shape[:-2], *window.kernel, *out)
    return np.lib.stride_tricks.as_strided(x, shape, (*lead, *strides), writeable=False)
