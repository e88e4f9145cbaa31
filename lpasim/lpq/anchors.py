"""Where a layer's result can be corrected: a stored constant that shifts each output channel by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lpasim.lpq.readers import sole_readers
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph
from lpasim.networks.operators import role_of
from lpasim.networks.operators.folding import runs_along
from lpasim.networks.roles import Matrix

_OWN_BIAS = frozenset({"Conv", "ConvTranspose", "Gemm"})
"""Products whose third operand is a bias."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The place where the mean of a layer's output channels is corrected.

    Attributes
    ----------
    layer : str
        Name of the layer, which is that of its product's node.
    tensor : str
        The tensor that moves, whose means over all axes but `axis` are compared with the float network's.
    initializer : str
        The stored constant that moves it. It has one value a channel, in the order of the channels, though it may have
        further axes of length 1, and only one node reads it.
    axis : int
        Axis of the channels in `tensor`.
    gain : float
        How far the tensor moves when the constant grows by one: 1, or the factor `beta` of a Gemm.
    """

    layer: str
    tensor: str
    initializer: str
    axis: int
    gain: float = 1.0


def find_anchors(graph: LayerGraph) -> dict[str, Anchor | None]:
    """Find the anchor of each layer with constant weights, in the order of execution.

    It is, in this order: the shift of a batch normalization directly behind the product; the product's own bias; a
    constant that is added directly behind the product. One scale a channel may lie between them. None where there is
    nothing of the kind that belongs to this layer alone and is stored as float32.
    """
    network = graph.network
    readers = sole_readers(network)
    nodes = {node.name: node for node in network.nodes}
    return {
        layer.name: _anchor(nodes[layer.name], network, readers) for layer in graph.layers if layer.constant_weights
    }


def _anchor(node: Node, network: Network, readers: Mapping[str, Node]) -> Anchor | None:
    """Return the first candidate whose constant belongs to this layer alone, if the channels lie along one axis."""
    import onnx

    role = role_of(node, network)
    if not isinstance(role, Matrix) or len(role.columns) != 1:
        return None
    for anchor in _candidates(node, role.columns[0], network, readers):
        stored = network.weights.get(anchor.initializer)
        alone = stored is not None and stored.data_type == onnx.TensorProto.FLOAT and anchor.initializer in readers
        if alone and network.size(anchor.initializer) == network.shape(anchor.tensor)[anchor.axis]:
            return anchor
    return None


def _candidates(node: Node, axis: int, network: Network, readers: Mapping[str, Node]) -> Iterator[Anchor]:
    """Go through the constants that shift the output channels of a product, the preferred one first."""
    result = node.outputs[0]
    source = _behind_scales(result, axis, network, readers)
    behind = readers.get(source)
    if behind is not None and behind.operator == "BatchNormalization" and axis == 1:
        yield Anchor(node.name, behind.outputs[0], behind.inputs[2], axis)
    if node.operator in _OWN_BIAS and node.input(2):
        gain = float(node.attribute("beta", 1.0)) if node.operator == "Gemm" else 1.0
        plain = node.operator != "Gemm" or _runs_along(node.inputs[2], result, axis, network)
        if gain and plain:
            yield Anchor(node.name, result, node.inputs[2], axis, gain)
    if behind is not None and behind.operator == "Add" and network.keeps_shape(behind, source):
        constant = behind.other_input(source)
        if _runs_along(constant, source, axis, network):
            yield Anchor(node.name, behind.outputs[0], constant, axis)


def _behind_scales(tensor: str, axis: int, network: Network, readers: Mapping[str, Node]) -> str:
    """Return what becomes of a tensor behind the multiplications with one constant a channel that follow it."""
    while (node := readers.get(tensor)) is not None and node.operator == "Mul":
        if not network.keeps_shape(node, tensor) or not _runs_along(node.other_input(tensor), tensor, axis, network):
            break
        tensor = node.outputs[0]
    return tensor


def _runs_along(constant: str, tensor: str, axis: int, network: Network) -> bool:
    """Whether a tensor is a constant that has, broadcast to another, one value for each place along an axis."""
    return constant in network.constants and runs_along(network.shape(constant), len(network.shape(tensor)), (axis,))
