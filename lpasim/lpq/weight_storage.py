"""From the weights that a layer's product reads back to the constant that the file stores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.lpq.readers import sole_readers
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import NetworkLayer

_RESHAPES = frozenset({"Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten"})
"""Operators that keep the order of the elements."""


def as_stored(network: Network, layer: NetworkLayer, values: NDArray[Any]) -> tuple[str, NDArray[Any]]:
    """Turn a layer's weights into the stored constant that gives them.

    Constant operators that only rearrange may lie between the file's constant and the product; they are undone.

    Parameters
    ----------
    network : Network
        The network.
    layer : NetworkLayer
        A layer with constant weights.
    values : ndarray
        One value for each weight, in the shape of the product's operand.

    Returns
    -------
    str, ndarray
        Name of the constant, and the values in its shape.

    Raises
    ------
    NetworkError
        If the layer has no constant weights or others than these are of that shape, anybody else reads the constant,
        or another operator computes them.
    """
    tensor, where = layer.constant_weights, f"layer {layer.name}, {network.name}"
    if not tensor:
        raise NetworkError(f"weights must be constant, got activations ({where})")
    if values.shape != network.shape(tensor):
        raise NetworkError(f"weights must have shape {network.shape(tensor)}, got {values.shape} ({where})")
    readers = sole_readers(network)
    while True:
        if tensor not in readers:
            raise NetworkError(f"weights must be read by this layer alone, got other readers of {tensor!r} ({where})")
        if tensor in network.weights:
            return tensor, np.ascontiguousarray(values)
        maker = network.makers[tensor]
        values = _undone(maker, values, where)
        tensor = maker.inputs[0]
        values = values.reshape(network.shape(tensor))


def _undone(maker: Node, values: NDArray[Any], where: str) -> NDArray[Any]:
    """Put values into the order that they had before a node."""
    if maker.operator == "Transpose":
        return values.transpose(np.argsort(maker.attribute("perm", range(values.ndim)[::-1])))
    if maker.operator not in _RESHAPES:
        raise NetworkError(f"weights must be stored, got ones that {maker.operator} computes ({where})")
    return values
