"""A layer's weights as a stack of matrices, and its other operand as rows that these matrices multiply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.execution.geometry import Window, out_size, padded, taps_of, window_of
from lpasim.networks.graph import Node
from lpasim.networks.layers import NetworkLayer

Take = Callable[[NDArray[Any], NDArray[np.int64]], NDArray[Any]]
"""From one image of the other operand, and positions: rows [groups, positions, K]."""


@dataclass(frozen=True)
class Arrangement:
    """How a layer's constant operand is a stack of matrices [groups, rows, K], each row an output channel's.

    Attributes
    ----------
    index : int
        Place of the constant among the product's operands.
    matrices : callable
        From the operand to matrices, in float64.
    operand : callable
        From matrices back to the operand's shape.
    take : callable or None
        Rows of the other operand; None for products (transposed convolutions, Einstein sums, constants on the left)
        whose weights can only be rounded one by one.
    """

    index: int
    matrices: Callable[[NDArray[Any]], NDArray[np.float64]]
    operand: Callable[[NDArray[Any]], NDArray[Any]]
    take: Take | None

    def rows(self, images: NDArray[Any], positions: Sequence[NDArray[np.int64]]) -> NDArray[Any]:
        """Return rows [groups, all positions, K] of the other operand, in an array of their own.

        Parameters
        ----------
        images : ndarray [images, ...]
            The other operand.
        positions : sequence of ndarray
            Those that are taken of each image.

        Raises
        ------
        NetworkError
            If the product has no rows.
        """
        if self.take is None:
            raise NetworkError("rows must be those of a product with a constant matrix on the right, got another's")
        taken = [self.take(image, places) for image, places in zip(images, positions, strict=True)]
        return np.concatenate(taken, axis=1)


def arrangement_of(node: Node, layer: NetworkLayer, shape: Sequence[int]) -> Arrangement:
    """Return the arrangement of a layer's weights.

    Parameters
    ----------
    node : Node
        The layer's product.
    layer : NetworkLayer
        The layer.
    shape : sequence of int
        Shape of its constant operand.
    """
    index = 0 if node.inputs[0] == layer.constant_weights else 1
    if node.operator == "Conv" and index == 1:
        return _convolution(node, shape)
    matrix = len(shape) == 2 and index == 1
    if matrix and node.operator == "Gemm" and not node.attribute("transA", 0) and node.attribute("alpha", 1.0) == 1:
        return _transposed(index) if not node.attribute("transB", 0) else _rows(index, _positions)
    if matrix and node.operator == "MatMul":
        return _transposed(index)
    return _rows(index, None, shape)


def _rows(index: int, take: Take | None, shape: Sequence[int] = ()) -> Arrangement:
    """Weights whose rows are channels already; without `take`, all of them in one row."""
    if take is None:
        return Arrangement(
            index, lambda operand: operand.reshape(1, 1, -1).astype(np.float64), lambda m: m.reshape(shape), None
        )
    return Arrangement(index, lambda operand: operand[None].astype(np.float64), lambda matrices: matrices[0], take)


def _transposed(index: int) -> Arrangement:
    return Arrangement(
        index,
        lambda operand: np.ascontiguousarray(operand.T)[None].astype(np.float64),
        lambda matrices: np.ascontiguousarray(matrices[0].T),
        _positions,
    )


def _convolution(node: Node, shape: Sequence[int]) -> Arrangement:
    groups = int(node.attribute("group", 1))
    kernel = tuple(shape[2:])

    def take(image: NDArray[Any], positions: NDArray[np.int64]) -> NDArray[Any]:
        window = window_of(node, image.shape[1:], kernel)
        return _windows(image if image.ndim == 3 else image[:, None], window, positions)

    return Arrangement(
        1,
        lambda operand: operand.reshape(groups, shape[0] // groups, -1).astype(np.float64),
        lambda matrices: matrices.reshape(shape),
        take,
    )


def _windows(image: NDArray[Any], window: Window, positions: NDArray[np.int64]) -> NDArray[Any]:
    """Return the unfolded windows [groups, positions, K] of an image [channels, height, width]."""
    surrounded = padded(image, window.pads, 0)
    out = out_size((image.shape[1], image.shape[2]), window)
    grouped = surrounded.reshape(window.groups, -1, *surrounded.shape[1:])
    taps = taps_of(grouped, window, out).reshape(window.groups, -1, out[0] * out[1])
    return np.ascontiguousarray(taps[:, :, positions].transpose(0, 2, 1))


def _positions(image: NDArray[Any], positions: NDArray[np.int64]) -> NDArray[Any]:
    """Return rows [1, positions, K] of what stands for one image: [..., K]."""
    return image.reshape(1, -1, image.shape[-1])[:, positions]
