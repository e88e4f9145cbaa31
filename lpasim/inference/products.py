"""Matrix products of a network in number formats: each knows its weights as code words and computes its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.matmul import matmul
from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError
from lpasim.formats import LogPosit
from lpasim.networks.execution.geometry import out_size, padded, taps_of, window_of
from lpasim.networks.graph import Node

Arithmetic = Literal["float", "wide", "paper"]
"""How products are computed: in float32 of quantized values, or as the datapath does with one of its accumulators."""

Operands = tuple[NDArray[Any] | None, ...]

TAPS_AT_ONCE = 1 << 24
"""Code words of unfolded images in one product, about: enough to fill lanes, and far from filling the memory."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of quantized matrices: code words, and what they stand for."""

    words: NDArray[np.uint8]
    fmt: LogPosit

    @classmethod
    def of(cls, values: NDArray[Any], fmt: LogPosit, rounding: Literal["log", "linear"] = "log") -> Stack:
        """Quantize values; those that the format has already keep their words."""
        return cls(fmt.encode(values, rounding=rounding).astype(np.uint8, copy=False), fmt)

    def shaped(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Stack:
        """Rearrange the words; new ones must be zeros."""
        return Stack(change(self.words), self.fmt)

    @property
    def values(self) -> NDArray[np.float32]:
        """What the words stand for."""
        return self.fmt.decode(self.words).astype(np.float32)


Recorder = Callable[[Stack, Stack, NDArray[np.float64]], None]
"""Sees both operands of a product on the datapath, and its sums without scale; it keeps none of them uncopied."""
OperandWatch = Callable[[Stack, Stack], None]
"""Sees both operands of a product in any arithmetic."""


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Multiplies stacks of matrices in one arithmetic; shows products on the datapath to `record`, all to `watch`."""

    arithmetic: Arithmetic
    datapath: Datapath
    record: Recorder | None = None
    watch: OperandWatch | None = None

    def __call__(self, first: Stack, second: Stack) -> NDArray[np.floating[Any]]:
        """Return the real product of [..., P, K] and [..., K, Q]."""
        if self.watch is not None:
            self.watch(first, second)
        if self.arithmetic == "float":
            return np.asarray(first.values @ second.values)
        scale = 2.0 ** -(first.fmt.sf + second.fmt.sf)
        multiply = partial(matmul, first.words, second.words, first.fmt, second.fmt, self.arithmetic, self.datapath)
        if self.record is None:
            return multiply(scale=scale)
        sums = multiply()
        self.record(first, second, sums)
        sums *= scale
        return sums


@dataclass(frozen=True, slots=True)
class LpProduct:
    """One product of a network.

    Attributes
    ----------
    activation_format, weight_format : LogPosit
        Of the streamed and of the stationary operand.
    weights : ndarray or None
        Constant stationary operand in its ONNX layout, everything folded in; None if it is computed.
    weights_first : bool
        Whether the stationary operand is the node's first.
    offset : ndarray or float
        What is added to the result of the product as it leaves the array.
    """

    node: Node
    activation_format: LogPosit
    weight_format: LogPosit
    weights: Stack | None
    weights_first: bool
    offset: NDArray[Any] | float

    @property
    def stationary_first(self) -> bool:
        """Whether the stationary operand is on the left where matrices are multiplied, as filters always are."""
        return self.weights_first or self.node.operator == "Conv"

    def compute(self, operands: Operands, multiply: Multiplier) -> NDArray[np.float32]:
        """Compute the node's result, biases and what is folded into the product included."""
        product = _KINDS[self.node.operator](self, operands, multiply)
        result = np.empty(product.shape, np.float32)
        np.add(product, self.offset, out=result, casting="same_kind")
        return result

    def pair(self, operands: Operands) -> tuple[Stack, Stack]:
        """Quantize the two operands, in the node's order."""
        streamed = operands[1 if self.weights_first else 0]
        stationary = operands[0 if self.weights_first else 1]
        if streamed is None or (stationary is None and self.weights is None):
            raise NetworkError(f"product must have two operands, got one ({self.node})")
        moving = Stack.of(streamed, self.activation_format)
        staying = self.weights or Stack.of(np.asarray(stationary), self.weight_format)
        return (staying, moving) if self.weights_first else (moving, staying)


def _convolution(product: LpProduct, operands: Operands, multiply: Multiplier) -> NDArray[Any]:
    """Multiply the filters with the windows of several images side by side, so that narrow images fill the lanes."""
    images, filters = product.pair(operands)
    sequence = images.words.ndim == 3
    if sequence:  # a sequence is an image of height 1
        images, filters = images.shaped(lambda x: x[:, :, None]), filters.shaped(lambda w: w[:, :, None])
    batch, channels, *image = images.words.shape
    count, per_group, *kernel = filters.words.shape
    window = window_of(product.node, tuple(image), tuple(kernel))
    height, width = out_size((image[0], image[1]), window)
    rows = filters.shaped(lambda w: w.reshape(window.groups, count // window.groups, -1))
    surrounded = padded(images.words, window.pads, 0)
    grouped = surrounded.reshape(batch, window.groups, per_group, *surrounded.shape[2:])
    taps = np.moveaxis(taps_of(grouped, window, (height, width)), 0, -3)
    result = np.empty((batch, window.groups, count // window.groups, height, width))
    whole = multiply.record is not None or multiply.watch is not None
    most = height if whole else TAPS_AT_ONCE // (channels * math.prod(kernel) * width)
    for images_now, lines in _stretches(batch, height, most):
        part = taps[..., images_now, lines, :]
        columns = Stack(part.reshape(window.groups, rows.words.shape[2], -1), images.fmt)
        sums = (multiply if images_now.start == 0 else replace(multiply, record=None))(rows, columns)
        result[images_now, ..., lines, :] = np.moveaxis(sums.reshape(*sums.shape[:2], *part.shape[-3:]), 2, 0)
    return result.reshape(batch, count, *((width,) if sequence else (height, width)))


def _stretches(batch: int, height: int, most: int) -> Iterator[tuple[slice, slice]]:
    """Cut images [batch, height, ...] into stretches of about `most` lines: whole images, or parts of one."""
    together, lines = max(1, most // height), max(1, min(most, height))
    for begin in range(0, batch, together):
        for top in range(0, height, lines):
            yield slice(begin, begin + together), slice(top, top + lines)


def _gemm(product: LpProduct, operands: Operands, multiply: Multiplier) -> NDArray[Any]:
    node = product.node
    first, second = product.pair(operands)
    left = first.shaped(np.transpose) if node.attribute("transA", 0) else first
    right = second.shaped(np.transpose) if node.attribute("transB", 0) else second
    result: NDArray[Any] = multiply(left, right) * node.attribute("alpha", 1.0)
    return result


def _matmul(product: LpProduct, operands: Operands, multiply: Multiplier) -> NDArray[Any]:
    first, second = product.pair(operands)
    rank = first.words.ndim, second.words.ndim
    left = first.shaped(lambda x: x[None]) if rank[0] == 1 else first
    right = second.shaped(lambda x: x[:, None]) if rank[1] == 1 else second
    if right.words.ndim == 2:  # a stack on the left of one matrix is one large matrix
        lead = left.words.shape[:-1]
        result = multiply(left.shaped(lambda x: x.reshape(-1, x.shape[-1])), right).reshape(*lead, -1)
    else:
        stack = np.broadcast_shapes(left.words.shape[:-2], right.words.shape[:-2])
        left, right = (m.shaped(lambda x: np.broadcast_to(x, stack + x.shape[-2:])) for m in (left, right))
        result = multiply(left, right)
    if rank[0] == 1:
        result = result[..., 0, :]
    return result[..., 0] if rank[1] == 1 else result


_KINDS: dict[str, Callable[[LpProduct, Operands, Multiplier], NDArray[Any]]] = {
    "Conv": _convolution,
    "Gemm": _gemm,
    "MatMul": _matmul,
}
PRODUCTS = tuple(_KINDS)
"""Operators whose products can be computed in number formats."""
