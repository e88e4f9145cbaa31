"""Normalizations: one element operation for each element of the operand."""

from __future__ import annotations

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Folded, Ppu, Role

_FOLDS_INTO = ("Conv", "ConvTranspose", "Gemm", "MatMul")


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
    """Fold into the weights of the product that alone feeds it; otherwise scale and shift each element.

    At inference it is one scale and one shift a channel, computed when the network is compiled.
    """
    if node.attribute("training_mode", 0):
        raise NetworkError(f"training_mode must be 0, got 1 ({node}, {network.name})")
    if not all(name in network.constants for name in node.inputs[1:]):
        raise NetworkError(f"batch statistics must be constants, got activations ({node}, {network.name})")
    source = node.input(0)
    maker = network.makers.get(source)
    readers = sum(source in other.inputs for other in network.nodes) + (source in network.outputs)
    if maker is not None and readers == 1 and maker.operator in _FOLDS_INTO and _channels_match(maker, network):
        return Folded(f"folded into the weights of {maker.name} when the network is compiled", source)
    channels = network.shape(source)[1]
    return Ppu(network.size(source), (source,), constant_elements=2 * channels)


def _channels_match(maker: Node, network: Network) -> bool:
    """Whether the axis that is normalized, axis 1, is the one of the product's constant weights."""
    if maker.operator in ("Conv", "ConvTranspose"):
        return True
    constant_weights = maker.input(1) in network.constants and maker.input(0) not in network.constants
    return constant_weights and len(network.shape(maker.outputs[0])) == 2
