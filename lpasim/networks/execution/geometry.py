"""Geometry of sliding windows: sizes, padding, and the windows of an image as the rows of a matrix.

Images are [batch, channels, height, width]. A window may be any object with the attributes of `WindowLike`, such as
`lpasim.networks.roles.ConvolutionWindow`. Elements may have any type: numbers, or the code words of a number format.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.registry import Array
from lpasim.networks.graph import Node, Shape
from lpasim.networks.roles import Pair
from lpasim.networks.windows import Pads, pair, window_pads


class WindowLike(Protocol):
    """What the geometry needs to know of a window. `pads`: top, left, bottom, right."""

    @property
    def kernel(self) -> Pair: ...  # noqa: D102
    @property
    def stride(self) -> Pair: ...  # noqa: D102
    @property
    def dilation(self) -> Pair: ...  # noqa: D102
    @property
    def pads(self) -> Pads: ...  # noqa: D102
    @property
    def groups(self) -> int: ...  # noqa: D102


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


def reach(window: WindowLike) -> Pair:
    """Return how many rows and columns a window spans, gaps included."""
    (height, width), (down, across) = window.kernel, window.dilation
    return (height - 1) * down + 1, (width - 1) * across + 1


def out_size(image: Pair, window: WindowLike) -> Pair:
    """Return how many windows fit into the padded image, down and across."""
    (rows, cols), (down, across), (top, left, bottom, right) = reach(window), window.stride, window.pads
    return (image[0] + top + bottom - rows) // down + 1, (image[1] + left + right - cols) // across + 1


def im2col(x: Array, window: WindowLike, fill: Any = 0) -> Array:
    """Lay out the windows of an image as the rows of one matrix a group.

    Parameters
    ----------
    x : ndarray
        Images [batch, channels, height, width] of any element type.
    window : WindowLike
        The window and its groups.
    fill : scalar
        What surrounds the image: the code word of zero, where the elements are code words.

    Returns
    -------
    ndarray
        [groups, batch * out_height * out_width, channels / groups * kernel height * kernel width], contiguous. A row
        holds the channels one after the other, each with its kernel rows one after the other.
    """
    batch, channels = x.shape[:2]
    height, width = out_size((x.shape[2], x.shape[3]), window)
    channels_last = _surrounded(x, window.pads, fill)
    per_group = channels // window.groups
    columns = np.empty((window.groups, batch, height, width, per_group, *window.kernel), dtype=x.dtype)
    for tap in product(*map(range, window.kernel)):
        seen = channels_last[
            :, *(_positions(*axis) for axis in zip(tap, (height, width), *_steps(window), strict=True))
        ]
        grouped = seen.reshape(batch, height, width, window.groups, per_group)
        columns[..., tap[0], tap[1]] = grouped.transpose(3, 0, 1, 2, 4)
    return columns.reshape(window.groups, batch * height * width, -1)


def fold_output(y: Array, batch: int, out_height: int, out_width: int) -> Array:
    """Turn the products of the rows of `im2col` back into images.

    Parameters
    ----------
    y : ndarray
        [groups, batch * out_height * out_width, filters a group].
    batch, out_height, out_width : int
        Sizes of the images.

    Returns
    -------
    ndarray
        [batch, groups * filters a group, out_height, out_width], contiguous.
    """
    groups, _, filters = y.shape
    images = y.reshape(groups, batch, out_height * out_width, filters).transpose(1, 0, 3, 2)
    return np.ascontiguousarray(images).reshape(batch, groups * filters, out_height, out_width)


def padded(x: Array, pads: Pads, fill: Any) -> Array:
    """Surround images with rows and columns of a value; the images themselves where there is nothing to add."""
    if not any(pads):
        return x
    top, left, bottom, right = pads
    *lead, height, width = x.shape
    result = np.full((*lead, height + top + bottom, width + left + right), fill, dtype=x.dtype)
    result[..., top : top + height, left : left + width] = x
    return result


def taps_of(x: Array, window: WindowLike, out: Pair) -> Array:
    """Return a view of padded images [..., height, width] as [..., kernel height, kernel width, *out]."""
    *lead, down, across = x.strides
    strides = (
        down * window.dilation[0],
        across * window.dilation[1],
        down * window.stride[0],
        across * window.stride[1],
    )
    shape = (*x.shape[:-2], *window.kernel, *out)
    return np.lib.stride_tricks.as_strided(x, shape, (*lead, *strides), writeable=False)


def _surrounded(x: Array, pads: Pads, fill: Any) -> Array:
    """Return padded images with the channels last, so that a tap reads neighbours in memory."""
    top, left, bottom, right = pads
    batch, channels, height, width = x.shape
    shape = (batch, height + top + bottom, width + left + right, channels)
    result = np.full(shape, fill, dtype=x.dtype) if any(pads) else np.empty(shape, dtype=x.dtype)
    result[:, top : top + height, left : left + width] = x.transpose(0, 2, 3, 1)
    return result


def _steps(window: WindowLike) -> tuple[Pair, Pair]:
    return window.stride, window.dilation


def _positions(tap: int, count: int, step: int, span: int) -> slice:
    """Return where a tap of `count` windows lies along one axis of the padded image."""
    start = tap * span
    return slice(start, start + (count - 1) * step + 1, step)
