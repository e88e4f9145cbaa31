"""The weights of a layer as the accelerator stores them, where the file holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.stored import read_values

_SAME_VALUES = frozenset({"Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Cast", "Flatten"})
"""Constant operators that keep every value, so that a tensor before them has the same distribution."""


def layer_weights(graph: LayerGraph, layer: NetworkLayer) -> NDArray[Any] | None:
    """Return a layer's constant weights, batch normalization folded in, or None where their values are not at hand."""
    network = graph.network
    weights = stored_values(network, layer.constant_weights)
    folded = graph.folded.get(layer.name)
    if weights is None or folded is None or layer.operator != "Conv":
        return weights
    node = next(node for node in network.nodes if node.name == folded)
    gain = _gain(network, node)
    return None if gain is None else weights * gain.reshape(-1, *(1 for _ in weights.shape[1:]))


def stored_values(network: Network, tensor: str) -> NDArray[Any] | None:
    """Return the values of a constant, looking through operators that only rearrange them."""
    while tensor not in network.weights and tensor in network.makers:
        maker = network.makers[tensor]
        if maker.operator not in _SAME_VALUES:
            return None
        tensor = maker.inputs[0]
    proto = network.weights.get(tensor)
    return None if proto is None else read_values(proto, network.folder)


def _gain(network: Network, node: Node) -> NDArray[Any] | None:
    """Return what a batch normalization multiplies each channel with: gamma / sqrt(variance + epsilon)."""
    gamma, variance = stored_values(network, node.inputs[1]), stored_values(network, node.inputs[4])
    if gamma is None or variance is None:
        return None
    return np.asarray(gamma / np.sqrt(variance + node.attribute("epsilon", 1e-5)))
