"""The weights of a layer, channel by channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import NetworkLayer

DEAD_LOG2 = -6.0
"""Size of a channel, over that of the median one [log2], below which it is taken to be dead (assumption). Training with
weight decay drives channels that nobody needs towards zero, in trained networks mostly further than this."""


def by_channel(network: Network, layer: NetworkLayer, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Arrange weights by the output channel that they belong to.

    Parameters
    ----------
    network : Network
        The network.
    layer : NetworkLayer
        A layer with constant weights.
    weights : ndarray
        They, in the shape that the file stores.

    Returns
    -------
    ndarray [channels, weights of a channel]
        A single row where no axis is that of the channels: an Einstein sum, whose channels may lie along any, or a
        vector.
    """
    values = np.asarray(weights, np.float64)
    node = next(node for node in network.nodes if node.name == layer.name)
    if node.operator == "ConvTranspose":
        # Stored as [groups * in, out, ...]: every group has output channels of its own.
        groups = node.attribute("group", 1)
        grouped = values.reshape(groups, values.shape[0] // groups, values.shape[1], -1)
        return grouped.swapaxes(1, 2).reshape(groups * values.shape[1], -1)
    axis = channel_axis(node, layer, values.ndim)
    if axis is None:
        return values.reshape(1, -1)
    return np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)


def channel_axis(node: Node, layer: NetworkLayer, rank: int) -> int | None:
    """Return the axis of a product's weights along which its output channels lie; None if there is no such axis.

    Parameters
    ----------
    node : Node
        The layer's product, but for transposed convolutions, whose groups share an axis.
    layer : NetworkLayer
        A layer with constant weights.
    rank : int
        Axes of the weights.
    """
    first = node.inputs[0] == layer.constant_weights
    if node.operator == "Conv":
        return 0
    if node.operator == "Gemm":
        transposed = bool(node.attribute("transA" if first else "transB", 0))
        return int(first == transposed)
    if node.operator == "MatMul" and rank > 1:
        return rank - 2 if first else rank - 1
    return None


def live_channels(channels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which channels are neither all zeros nor dead [channels]; see `DEAD_LOG2`.

    Parameters
    ----------
    channels : ndarray [channels, weights of a channel]
        The size of a channel is the root mean square of its weights.
    """
    sizes = _sizes(channels)
    if not sizes.any():
        return np.zeros(len(channels), np.bool_)
    return np.asarray(sizes >= 2.0**DEAD_LOG2 * np.median(sizes[sizes > 0]))


def channel_spread(channels: NDArray[np.float64], live: NDArray[np.bool_]) -> float:
    """Return the size of the largest live channel over that of the median live one [log2]."""
    sizes = _sizes(channels)[live]
    return float(np.log2(sizes.max() / np.median(sizes)))


def _sizes(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of each channel, in units of the largest weight."""
    largest = np.abs(channels).max(initial=0.0)
    return np.asarray(np.sqrt(((channels / (largest or 1.0)) ** 2).mean(axis=1)))
