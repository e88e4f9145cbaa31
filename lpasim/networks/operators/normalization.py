"""Normalizations: one element operation for each element of the operand."""

from __future__ import annotations

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.folding import as_scale
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Ppu, Role

_CHANNELS = 1
"""The axis that a batch normalization scales."""


@handles(
    *("Softmax", "LogSoftmax", "Hardmax", "LayerNormalization", "RMSNormalization", "InstanceNormalization"),
    *("GroupNormalization", "LpNormalization", "MeanVarianceNormalization"),
)
def normalization(node: Node, network: Network) -> Role:
    """Normalize the first operand; scale and bias are constants of their own size."""
    return ppu(node, network, network.size(node.input(0)))


@handles("LRN")
def local_response(node: Node, network: Network) -> Role:
    """Normalize over a window of channels."""
    return ppu(node, network, network.size(node.input(0)) * int(node.attribute("size", 1)))


@handles("BatchNormalization")
def batch_normalization(node: Node, network: Network) -> Role:
    """Fold into the weights of the product that alone feeds it, if wanted; otherwise scale and shift each element.

    At inference it is one scale and one shift a channel, computed when the network is compiled.

    Raises
    ------
    NetworkError
        If the node trains, or normalizes with statistics that the network computes.
    """
    if node.attribute("training_mode", 0):
        raise NetworkError(f"training_mode must be 0, got 1 ({node}, {network.name})")
    if not all(name in network.constants for name in node.inputs[1:]):
        raise NetworkError(f"batch statistics must be constants, got activations ({node}, {network.name})")
    source = node.input(0)
    work = Ppu(network.size(source), (source,), constant_elements=2 * network.shape(source)[_CHANNELS])
    return work if network.batchnorm == "ppu" else as_scale(source, _CHANNELS, network) or work
