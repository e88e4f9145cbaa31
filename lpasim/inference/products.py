"""Matrix products of a network in number formats: each knows its weights as code words and computes its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Multiplies stacks of matrices in one arithmetic; shows products on the datapath to `record`."""

    arithmetic: Arithmetic
    datapath: Datapath
    threads: int
    record: Recorder | None = None

    def each(self, stacks: Sequence[Callable[[], Stack]], first: Stack, results: NDArray[np.float64]) -> None:
        """Write the products of one stack with several others, made when they are needed, side by side in threads.

        The first product alone is recorded.
        """
        alone = replace(self, threads=self.threads if len(stacks) == 1 else 1)

        def one(index: int) -> None:
            multiply = replace(alone, record=None) if index else alone
            results[index] = multiply(first, stacks[index]())

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(one, range(len(stacks))))

    def __call__(self, first: Stack, second: Stack) -> NDArray[np.floating[Any]]:
        """Return the real product of [..., P, K] and [..., K, Q]."""
        if self.arithmetic == "float":
            return np.asarray(first.values @ second.values)
        sums = matmul(
            first.words, second.words, first.fmt, second.fmt, self.arithmetic, self.datapath, threads=self.threads
        )
        if self.record is not None:
            self.record(first, second, sums)
        sums *= 2.0 ** -(first.fmt.sf + second.fmt.sf)
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
        compute = _KINDS[self.node.operator]
        return np.asarray(compute(self, operands, multiply) + self.offset, dtype=np.float32)

    def pair(self, operands: Operands) -> tuple[Stack, Stack]:
        """Quantize the two operands, in the node's order."""
        streamed = operands[1 if self.weights_first else 0]
        stationary = operands[0 if self.weights_first else 1]
        if streamed is None or stationary is None:
            raise NetworkError(f"product must have two operands, got one ({self.node})")
        moving = Stack.of(streamed, self.activation_format)
        staying = self.weights or Stack.of(stationary, self.weight_format)
        return (staying, moving) if self.weights_first else (moving, staying)


def _convolution(product: LpProduct, operands: Operands, multiply: Multiplier) -> NDArray[Any]:
    images, filters = product.pair(operands)
    sequence = images.words.ndim == 3
    if sequence:  # a sequence is an image of height 1
        images, filters = images.shaped(lambda x: x[:, :, None]), filters.shaped(lambda w: w[:, :, None])
    batch, _, *image = images.words.shape
    count, per_group, *kernel = filters.words.shape
    window = window_of(product.node, tuple(image), tuple(kernel))
    height, width = out_size((image[0], image[1]), window)
    rows = filters.shaped(lambda w: w.reshape(window.groups, count // window.groups, -1))
    result = np.empty((batch, window.groups, count // window.groups, height * width))

    def columns(words: NDArray[np.uint8]) -> Stack:
        surrounded = padded(words, window.pads, 0)
        grouped = surrounded.reshape(window.groups, per_group, *surrounded.shape[1:])
        taps = taps_of(grouped, window, (height, width)).reshape(window.groups, -1, height * width)
        return Stack(np.ascontiguousarray(taps), images.fmt)

    multiply.each([partial(columns, words) for words in images.words], rows, result)
    return result.reshape(batch, count, *((width,) if sequence else (height, width)))


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
