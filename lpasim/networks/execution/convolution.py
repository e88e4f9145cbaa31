"""Convolutions in float32: as a matrix product, and tap by tap where every channel has its own filter."""

from __future__ import annotations

from itertools import product

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.blocks import BLOCK_ELEMENTS
from lpasim.networks.execution.geometry import Window, out_size, padded, reach, taps_of, window_of
from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node
from lpasim.networks.roles import Pair
from lpasim.networks.windows import pair


@executes("Conv", product=True)
def convolution(node: Node, operands: Operands) -> Results:
    """Convolve images or sequences with constant or computed filters."""
    x, weights = operands[:2]
    window = window_of(node, x.shape[2:], weights.shape[2:])
    if x.shape[1] != weights.shape[1] * window.groups or weights.shape[0] % window.groups:
        got = f"{weights.shape} for {x.shape[1]} channels in {window.groups} groups"
        raise NetworkError(f"weights must fit the channels, got shape {got} ({node})")
    y = convolve(_as_images(x), _as_images(weights), window)
    bias = optional(operands, 2)
    if bias is not None:
        y += bias[:, None, None]
    return (y.reshape(*y.shape[:2], *y.shape[4 - (x.ndim - 2) :]),)


def convolve(x: Array, weights: Array, window: Window) -> Array:
    """Convolve images.

    Parameters
    ----------
    x : ndarray
        Images [batch, channels, height, width].
    weights : ndarray
        Filters [filters, channels / groups, kernel height, kernel width].
    window : Window
        The window and its groups.

    Returns
    -------
    ndarray
        [batch, filters, out_height, out_width], a new array.
    """
    batch, channels = x.shape[:2]
    filters, per_group = weights.shape[:2]
    if filters == channels == window.groups:
        return _depthwise(x, weights[:, 0], window)
    out = out_size((x.shape[2], x.shape[3]), window)
    stationary = weights.reshape(window.groups, filters // window.groups, -1)
    y = np.empty((batch, window.groups, filters // window.groups, out[0] * out[1]), dtype=np.result_type(x, weights))
    for image, result in zip(x, y, strict=True):  # one at a time: its unfolded windows then stay in the cache
        surrounded = padded(image, window.pads, 0)
        grouped = surrounded.reshape(window.groups, per_group, *surrounded.shape[1:])
        columns = taps_of(grouped, window, out).reshape(window.groups, -1, out[0] * out[1])
        np.matmul(stationary, columns, out=result)
    return y.reshape(batch, filters, *out)


@executes("ConvTranspose", product=True)
def transposed_convolution(node: Node, operands: Operands) -> Results:
    """Multiply every position with every tap, and add the taps up where they fall."""
    x, weights = operands[:2]
    if x.ndim not in (3, 4):
        raise NetworkError(f"transposed convolution must be 1-D or 2-D, got input shape {x.shape} ({node})")
    groups = int(node.attribute("group", 1))
    images, kernels = _as_images(x), _as_images(weights)
    batch, channels, height, width = images.shape
    filters, kernel = kernels.shape[1], (kernels.shape[2], kernels.shape[3])
    window = Window(
        kernel, pair(node.attribute("strides", ()), 1), pair(node.attribute("dilations", ()), 1), groups=groups
    )
    starts, size = _transposed_extent(node, (height, width), window)
    left = kernels.reshape(groups, channels // groups, -1).transpose(0, 2, 1)
    products = np.matmul(left, images.reshape(batch, groups, channels // groups, -1))
    taps = products.reshape(batch, groups * filters, *kernel, height, width)
    y = _overlapped(taps, window, starts, size)
    bias = optional(operands, 2)
    if bias is not None:
        y += bias[:, None, None]
    return (y.reshape(*y.shape[:2], *y.shape[4 - (x.ndim - 2) :]),)


def _as_images(x: Array) -> Array:
    """Give a sequence the height 1."""
    return x if x.ndim == 4 else x[:, :, None, :]


def _depthwise(x: Array, weights: Array, window: Window) -> Array:
    """Convolve each channel with its filter, adding up the taps over shifted images.

    A stride s takes every s-th row and column, so the image is first split into its s * s phases. In a phase the
    windows are neighbours, and a tap of all windows is one contiguous stretch (that also holds the few columns between
    two rows of windows, which are dropped at the end).
    """
    batch, channels, height, width = x.shape
    out = out_size((height, width), window)
    shifts = [(taps - 1) * span // step for taps, span, step in zip(*_axes(window), strict=True)]
    rows, cols = out[0] + shifts[0], out[1] + shifts[1]
    stretch = (out[0] - 1) * cols + out[1]
    y = np.empty((batch, channels, *out), dtype=np.result_type(x, weights))
    block = max(1, BLOCK_ELEMENTS // (rows * cols))
    total, part = (np.empty((block, out[0] * cols), dtype=y.dtype) for _ in range(2))
    for image, first in product(range(batch), range(0, channels, block)):
        channels_here = slice(first, min(first + block, channels))
        count = channels_here.stop - first
        phases: dict[Pair, Array] = {}
        into = total[:count, :stretch]
        for tap in product(*map(range, window.kernel)):
            offsets = tap[0] * window.dilation[0], tap[1] * window.dilation[1]
            (down, top), (across, left) = (
                divmod(offset, step) for offset, step in zip(offsets, window.stride, strict=True)
            )
            if (top, left) not in phases:
                phases[top, left] = _phase(x[image, channels_here], window, (top, left), (rows, cols))
            start = down * cols + across
            seen = phases[top, left][:, start : start + stretch]
            factor = weights[channels_here, tap[0], tap[1], None]
            if tap == (0, 0):
                np.multiply(seen, factor, out=into)
            else:
                into += np.multiply(seen, factor, out=part[:count, :stretch])
        y[image, channels_here] = total[:count].reshape(count, out[0], cols)[:, :, : out[1]]
    return y


def _axes(window: Window) -> tuple[Pair, Pair, Pair]:
    return window.kernel, window.dilation, window.stride


def _phase(x: Array, window: Window, phase: Pair, size: Pair) -> Array:
    """Return every s-th row and column of padded images [channels, height, width], flat a channel."""
    result = np.zeros((x.shape[0], *size), dtype=x.dtype)
    kept, taken = [], []
    for extent, pad, step, start, count in zip(x.shape[1:], window.pads[:2], window.stride, phase, size, strict=True):
        first = max(0, -((start - pad) // step))
        source = first * step + start - pad
        number = max(0, min(count - first, -((source - extent) // step)))
        kept.append(slice(first, first + number))
        taken.append(slice(source, source + number * step, step))
    result[:, kept[0], kept[1]] = x[:, taken[0], taken[1]]
    return result.reshape(x.shape[0], -1)


def _transposed_extent(node: Node, image: Pair, window: Window) -> tuple[Pair, Pair]:
    """Return how much is cut off at the top and left of the taps' sum, and the size of what remains."""
    extra = pair(node.attribute("output_padding", ()), 0)
    full = [
        (size - 1) * step + span + more
        for size, step, span, more in zip(image, window.stride, reach(window), extra, strict=True)
    ]
    mode = node.text("auto_pad", "NOTSET")
    wanted = node.attribute("output_shape", ())
    if len(wanted) == 0 and mode not in ("SAME_UPPER", "SAME_LOWER"):
        given = () if mode == "VALID" else tuple(node.attribute("pads", ()))
        before, after = pair(given[: len(given) // 2], 0), pair(given[len(given) // 2 :], 0)
        return before, (full[0] - before[0] - after[0], full[1] - before[1] - after[1])
    same = (image[0] * window.stride[0], image[1] * window.stride[1])
    size = pair(wanted, 1) if len(wanted) else same
    total = [max(whole - left, 0) for whole, left in zip(full, size, strict=True)]
    upper = mode == "SAME_UPPER"
    start = [amount // 2 if upper else amount - amount // 2 for amount in total]
    return (start[0], start[1]), size


def _overlapped(taps: Array, window: Window, starts: Pair, size: Pair) -> Array:
    """Add taps [batch, filters, kernel height, kernel width, height, width] up where they fall."""
    batch, filters, _, _, height, width = taps.shape
    full = [
        max((count - 1) * step + span, start + wanted)
        for count, step, span, start, wanted in zip(
            (height, width), window.stride, reach(window), starts, size, strict=True
        )
    ]
    y = np.zeros((batch, filters, *full), dtype=taps.dtype)
    for row, col in product(*map(range, window.kernel)):
        top, left = row * window.dilation[0], col * window.dilation[1]
        down, across = window.stride
        y[:, :, top : top + height * down : down, left : left + width * across : across][:, :, :height, :width] += taps[
            :, :, row, col
        ]
    return np.ascontiguousarray(y[:, :, starts[0] : starts[0] + size[0], starts[1] : starts[1] + size[1]])
