"""The weights of a layer as the accelerator stores them, where the file holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.stored import read_values
from lpasim.quantization.channels import channel_axis

_REARRANGE = frozenset({"Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Cast", "Flatten"})
"""Constant operators that keep every value: what they make of stored weights is known without evaluating them."""


def layer_weights(graph: LayerGraph, layer: NetworkLayer) -> NDArray[Any] | None:
    """Return a layer's constant weights, batch normalization folded in, or None for a topology without values.

    Raises
    ------
    NetworkError
        If the file should hold the values but does not, or they are not known before the network runs.
    """
    weights = stored_values(graph.network, layer.constant_weights)
    for node in normalizations(graph, layer.name):
        gain = _gain(graph.network, node)
        if weights is None or gain is None:
            return None
        with np.errstate(all="ignore"):  # whoever takes the weights refuses what is not finite
            weights = scale_channels(graph.network, layer, weights, gain)
    return weights


def normalizations(graph: LayerGraph, layer: str) -> tuple[Node, ...]:
    """Return the batch normalizations that are folded into a layer's weights."""
    names = graph.folded.get(layer, ())
    return tuple(node for node in graph.network.nodes if node.operator == "BatchNormalization" and node.name in names)


def stored_values(network: Network, tensor: str) -> NDArray[Any] | None:
    """Return the values of a constant, in its shape, looking through operators that only rearrange them.

    None for a topology without values.

    Raises
    ------
    NetworkError
        If the file should hold the values but does not, or another operator computes them.
    """
    if tensor in network.values:
        return network.values[tensor]
    if tensor in network.weights:
        return read_values(network.weights[tensor], network.folder, network.name)
    maker = network.makers[tensor]
    if maker.operator not in _REARRANGE:
        raise NetworkError(f"values must be stored, got ones that {maker.operator} computes (tensor {tensor!r})")
    values = stored_values(network, maker.inputs[0])
    if values is None:
        return None
    turned = values.transpose(maker.attribute("perm", None)) if maker.operator == "Transpose" else values
    return turned.reshape(network.shape(tensor))


def _gain(network: Network, node: Node) -> NDArray[Any] | None:
    """Return what a batch normalization multiplies each channel with: gamma / sqrt(variance + epsilon)."""
    gamma, variance = stored_values(network, node.inputs[1]), stored_values(network, node.inputs[4])
    if gamma is None or variance is None:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(gamma / np.sqrt(variance + node.attribute("epsilon", 1e-5)))


def scale_channels(network: Network, layer: NetworkLayer, weights: NDArray[Any], gain: NDArray[Any]) -> NDArray[Any]:
    """Multiply each output channel's weights.

    Parameters
    ----------
    network : Network
        The network.
    layer : NetworkLayer
        A layer with constant weights.
    weights : ndarray
        They, in the shape of the product's operand.
    gain : ndarray [channels]
        What the weights of each channel are multiplied with.

    Raises
    ------
    NetworkError
        If the weights have no axis of their own for channels: those of an Einstein sum, or a vector.
    """
    node = next(node for node in network.nodes if node.name == layer.name)
    if node.operator == "ConvTranspose":
        # Stored as [groups * in, out, ...]: the groups' outputs are side by side in the result.
        groups = node.attribute("group", 1)
        grouped = weights.reshape(groups, -1, *weights.shape[1:])
        scaled = grouped * gain.reshape(groups, 1, -1, *(1 for _ in weights.shape[2:]))
        return np.asarray(scaled.reshape(weights.shape))
    axis = channel_axis(node, layer, weights.ndim)
    if axis is None:
        raise NetworkError(f"weights must have an axis of channels, got an {node.operator} (layer {layer.name})")
    return np.asarray(weights * gain.reshape(-1, *(1 for _ in weights.shape[axis + 1 :])))
