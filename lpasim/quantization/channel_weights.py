"""Reading a layer's weights by channel, and which channels matter, under either choice for batch normalizations."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.roles import BatchNorm
from lpasim.quantization.channels import by_channel, live_channels
from lpasim.quantization.finite import refuse_values
from lpasim.quantization.weights import layer_weights, normalizations


class ChannelWeights(NamedTuple):
    """Weights [channels, weights of a channel], and which channels are not dead."""

    values: NDArray[np.float64]
    live: NDArray[np.bool_]


def turned(graph: LayerGraph) -> LayerGraph:
    """Return the layers under the other choice for batch normalizations."""
    other: BatchNorm = "ppu" if graph.network.batchnorm == "fold" else "fold"
    return fuse(replace(graph.network, batchnorm=other))


def read_channels(graph: LayerGraph, folded: LayerGraph, layer: NetworkLayer) -> ChannelWeights | str:
    """Read a layer's weights, or say why they are not at hand.

    Parameters
    ----------
    graph : LayerGraph
        The network whose weights are read.
    folded : LayerGraph
        The same with batch normalizations folded in: how much of a channel goes on depends on its normalization too, so
        that this one tells which channels are dead.
    layer : NetworkLayer
        A layer with constant weights.

    Raises
    ------
    NetworkError
        If a weight is not finite.
    """
    try:
        weights, effective = layer_weights(graph, layer), layer_weights(folded, layer)
    except NetworkError as error:
        return str(error)
    if weights is None or effective is None:
        return "values must be in the file, got none"
    for found, values in ((graph, weights), (folded, effective)):
        note = ", batch normalization folded in" if normalizations(found, layer.name) else ""
        refuse_values(values, f"tensor {layer.constant_weights}, layer {layer.name}{note}, {graph.network.name}")
    channels = by_channel(graph.network, layer, weights)
    live = live_channels(by_channel(graph.network, layer, effective))
    return ChannelWeights(channels, live & channels.any(axis=1))
