"""Pooling over windows and over whole images."""

from __future__ import annotations

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.geometry import Window, out_size, padded, reach, window_of
from lpasim.networks.execution.registry import Array, Operands, Results, executes
from lpasim.networks.graph import Node
from lpasim.networks.roles import Pair
from lpasim.networks.windows import pair


@executes("MaxPool")
def max_pool(node: Node, operands: Operands) -> Results:
    """Take the largest value of each window."""
    if len([name for name in node.outputs if name]) > 1:
        raise NetworkError(f"max pooling must have one result, got the indices as well ({node})")
    x = operands[0]
    lowest = -np.inf if np.issubdtype(x.dtype, np.floating) else np.iinfo(x.dtype).min
    window, out = _window(node, x)
    return (_pooled(x, window, out, np.maximum, lowest),)


@executes("AveragePool")
def average_pool(node: Node, operands: Operands) -> Results:
    """Average each window; padding counts only with `count_include_pad`."""
    x = operands[0]
    window, out = _window(node, x)
    y = _pooled(x, window, out, np.add, 0)
    include = bool(node.attribute("count_include_pad", 0))
    rows, cols = (_counts(axis, pair(x.shape[2:], 1), window, out, include) for axis in (0, 1))
    counts = (rows[:, None] * cols).astype(x.dtype)
    y /= counts.reshape(y.shape[2:])
    return (y,)


@executes("GlobalAveragePool")
def global_average_pool(node: Node, operands: Operands) -> Results:
    """Average whole images."""
    x = operands[0]
    return (x.mean(axis=tuple(range(2, x.ndim)), keepdims=True),)


@executes("GlobalMaxPool")
def global_max_pool(node: Node, operands: Operands) -> Results:
    """Take the largest value of whole images."""
    x = operands[0]
    return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


def _window(node: Node, x: Array) -> tuple[Window, Pair]:
    """Return the window and the number of its positions down and across."""
    window = window_of(node, x.shape[2:], tuple(node.attribute("kernel_shape", ())))
    size = pair(x.shape[2:], 1)
    out = out_size(size, window)
    if not node.attribute("ceil_mode", 0):
        return window, out
    top, left, bottom, right = window.pads
    axes = zip(size, (top, left), (bottom, right), reach(window), window.stride, strict=True)
    rows, cols = (_rounded_up(*axis) for axis in axes)
    return window, (rows, cols)


def _rounded_up(size: int, before: int, after: int, span: int, step: int) -> int:
    """Count windows, with the last one reaching past the end; but it must start before the padding behind the image."""
    count = -((span - size - before - after) // step) + 1
    return count - 1 if (count - 1) * step >= size + before else count


def _pooled(x: Array, window: Window, out: Pair, combine: np.ufunc, fill: float) -> Array:
    """Combine the values of each window: first along the rows, then along the columns."""
    images = x if x.ndim == 4 else x[:, :, None, :]
    (top, left, bottom, right), spans = window.pads, reach(window)
    needed = [(count - 1) * step + span for count, step, span in zip(out, window.stride, spans, strict=True)]
    missing = (max(needed[0] - images.shape[2] - top, bottom), max(needed[1] - images.shape[3] - left, right))
    source = padded(images, (top, left, *missing), fill)
    across = _combined(source, 1, window, out[1], combine)
    down = _combined(across, 0, window, out[0], combine)
    return down.reshape(*x.shape[:2], *out[2 - (x.ndim - 2) :])


def _combined(x: Array, axis: int, window: Window, count: int, combine: np.ufunc) -> Array:
    """Combine the taps along the rows (axis 0: down) or columns (axis 1: across)."""
    step, span = window.stride[axis], window.dilation[axis]
    reach_of_all = (count - 1) * step + 1

    def seen(tap: int) -> Array:
        positions = slice(tap * span, tap * span + reach_of_all, step)
        return x[..., positions, :] if axis == 0 else x[..., positions]

    result = seen(0).copy()
    for tap in range(1, window.kernel[axis]):
        combine(result, seen(tap), out=result)
    return result


def _counts(axis: int, size: Pair, window: Window, out: Pair, include: bool) -> Array:
    """Count the taps of each window along an axis that lie in the image, or in the padded image if `include`."""
    before, after = window.pads[axis], window.pads[axis + 2]
    first, last = (-before, size[axis] + after) if include else (0, size[axis])
    taps = np.arange(window.kernel[axis]) * window.dilation[axis]
    places = np.arange(out[axis])[:, None] * window.stride[axis] - before + taps
    return np.asarray(((places >= first) & (places < last)).sum(axis=1))
