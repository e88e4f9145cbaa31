"""Scales of output channels, moved from the weights to what follows the product.

The weights of an output channel can be multiplied by any factor before they are quantized, if what the product gives is
divided by it again. A batch normalization behind the product does so at no cost, as it scales channels anyway:
((s x - s mean) / sqrt(variance + epsilon)) gamma / s + beta; otherwise one multiplication a result does. Up to the
rounding of float32 the network stays the same. This equalization of channels is known from integer quantization [1]_.

References
----------
.. [1] M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019,
   arXiv 1906.04721.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.lpq.readers import sole_readers
from lpasim.lpq.rewrite import rewritten
from lpasim.lpq.weight_storage import as_stored
from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import NetworkLayer
from lpasim.networks.onnx_file import import_model
from lpasim.networks.operators import role_of
from lpasim.networks.roles import Matrix
from lpasim.quantization.weights import scale_channels, stored_values

if TYPE_CHECKING:
    import onnx

_CHANNELS = 1
"""The axis that a batch normalization scales."""
_MEAN, _GAMMA = 3, 1
"""Operands of a batch normalization."""
_BIAS = 2
"""Operand of a product that is its bias."""
_DECLARED_BEFORE = 4
"""First version of the file format in which a stored constant need not be declared as an input of the graph
(https://onnx.ai/onnx/repo-docs/IR.html)."""


def scaled_channels(
    model: onnx.ModelProto, factors: Mapping[str, NDArray[Any]], network: Network | None = None
) -> onnx.ModelProto:
    """Return a copy of a network with the weights of output channels multiplied, and their results divided again.

    A batch normalization that alone reads a product's result takes the division over. Otherwise a ``Mul`` behind the
    product does, whose result keeps the name of the tensor; the product's own gets a new one. Layers keep their names.

    Parameters
    ----------
    model : onnx.ModelProto
        The network with its data.
    factors : Mapping
        Positive factors [channels] of layers with constant weights, by the layer's name.
    network : Network, optional
        The network that was imported from `model`; needed where the model leaves other sizes open than the batch.

    Raises
    ------
    NetworkError
        If a layer is unknown, or its weights are not stored for it alone or have no channels; if factors are not
        positive and finite, or of another number than the channels; if values leave the range of float32.
    """
    whole = rewritten(model, {}, folder=network.folder if network else "")
    if network is None:
        network = import_model(whole, whole.graph.name or "network")
    layers = {layer.name: layer for layer in fuse(network).layers if layer.constant_weights}
    rewriting = _Rewriting(whole, network)
    for name, values in factors.items():
        if name not in layers:
            raise NetworkError(f"layer must be one with constant weights, got {name!r} ({network.name})")
        rewriting.scale(layers[name], np.asarray(values, np.float64))
    return rewriting.result()


class _Rewriting:
    """A network whose nodes and constants change one layer at a time."""

    def __init__(self, model: onnx.ModelProto, network: Network) -> None:
        if [node.operator for node in network.nodes] != [node.op_type for node in model.graph.node]:
            raise NetworkError(f"network must be made from the model, got other nodes ({network.name})")
        self._model, self._network = model, network
        self._readers = sole_readers(network)
        self._protos = {node.name: proto for node, proto in zip(network.nodes, model.graph.node, strict=True)}
        for name, proto in self._protos.items():
            proto.name = name  # a name that follows from the place would change when nodes are inserted before it
        self._nodes = {node.name: node for node in network.nodes}
        self._behind: dict[str, onnx.NodeProto] = {}
        self._constants: dict[str, NDArray[Any]] = {}
        self._taken = {*network.shapes, *self._protos, *(name for node in network.nodes for name in node.outputs)}

    def scale(self, layer: NetworkLayer, factors: NDArray[np.float64]) -> None:
        """Multiply a layer's weights, and divide what the product gives."""
        network, node = self._network, self._nodes[layer.name]
        axis = self._axis(node, factors)
        weights = stored_values(network, layer.constant_weights)
        if weights is None:
            raise NetworkError(f"weights must be in the file, got none (layer {layer.name}, {network.name})")
        name, stored = as_stored(network, layer, scale_channels(network, layer, weights, factors))
        self._constants[name] = _single(stored)
        result = network.shape(node.outputs[0])
        along = factors.reshape(-1, *(1 for _ in result[axis + 1 :]))
        if node.input(_BIAS):
            self._multiply(node, _BIAS, along if node.operator == "Gemm" else factors)
        behind = self._readers.get(node.outputs[0])
        if behind is not None and behind.operator == "BatchNormalization" and axis == _CHANNELS:
            self._multiply(behind, _MEAN, factors)
            self._multiply(behind, _GAMMA, 1 / factors)
        else:
            self._divide(node, along)

    def result(self) -> onnx.ModelProto:
        """Return the network with all changes."""
        nodes = [part for name, proto in self._protos.items() for part in (proto, self._behind.get(name)) if part]
        model = type(self._model)()
        model.CopyFrom(self._model)
        del model.graph.node[:]
        model.graph.node.extend(nodes)
        return rewritten(model, self._constants)

    def _axis(self, node: Node, factors: NDArray[np.float64]) -> int:
        """Return the axis of a product's channels, once the factors are known to fit them."""
        where = f"layer {node.name}, {self._network.name}"
        role = role_of(node, self._network)
        if not isinstance(role, Matrix) or len(role.columns) != 1:
            raise NetworkError(f"weights must have one axis of channels, got those of {node.operator} ({where})")
        channels = (self._network.shape(node.outputs[0])[role.columns[0]],)
        if factors.shape != channels:
            raise NetworkError(f"factors must have shape {channels}, got {factors.shape} ({where})")
        wrong = factors[~((factors > 0) & np.isfinite(factors))]
        if wrong.size:
            raise NetworkError(f"factors must be positive and finite, got {wrong[0]:g} ({where})")
        return role.columns[0]

    def _multiply(self, node: Node, index: int, factors: NDArray[np.float64]) -> None:
        """Multiply a constant operand, in its place if it is stored for this node alone."""
        network, name = self._network, node.inputs[index]
        where = f"{node}, {network.name}"
        if name not in network.constants:
            raise NetworkError(f"operand must be constant where channels are scaled, got activations ({where})")
        values = stored_values(network, name)
        if values is None:
            raise NetworkError(f"data of tensor {name!r} must be in the file, got none ({where})")
        scaled = _single(values * factors)
        if name in self._readers and name in network.weights and scaled.shape == values.shape:
            self._constants[name] = scaled
        else:
            self._protos[node.name].input[index] = self._store(f"{name}_scaled", scaled)

    def _divide(self, node: Node, factors: NDArray[np.float64]) -> None:
        """Divide a product's result in a node of its own."""
        import onnx

        proto, tensor = self._protos[node.name], node.outputs[0]
        proto.output[0] = self._fresh(f"{tensor}_scaled")
        inverse = self._store(f"{node.name}_inverse_scale", _single(1 / factors))
        name = self._fresh(f"{node.name}_unscale")
        self._behind[node.name] = onnx.helper.make_node("Mul", [proto.output[0], inverse], [tensor], name)

    def _store(self, name: str, values: NDArray[np.float32]) -> str:
        """Store a further constant and return its name."""
        import onnx

        graph, name = self._model.graph, self._fresh(name)
        graph.initializer.append(onnx.numpy_helper.from_array(values, name))
        if self._model.ir_version < _DECLARED_BEFORE:
            graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, values.shape))
        return name

    def _fresh(self, name: str) -> str:
        """Return a name that nothing in the network has, and take it."""
        count = 0
        fresh = name
        while fresh in self._taken:
            count += 1
            fresh = f"{name}_{count}"
        self._taken.add(fresh)
        return fresh


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """Round to float32; what overflows is refused where it is stored."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(values, np.float32)
