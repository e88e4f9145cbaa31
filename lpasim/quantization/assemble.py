"""From a network's layers and their number formats to a trace."""

from __future__ import annotations

from dataclasses import asdict

from lpasim.networks.layers import LayerGraph, NetworkLayer, PostOperator
from lpasim.networks.printable import printable
from lpasim.quantization.formats import TensorFormats, assumed_activations
from lpasim.quantization.trace import (
    SCHEMA,
    VERSION,
    Format,
    FreeOperator,
    Gemm,
    Layer,
    Output,
    PpuOperator,
    Provenance,
    Trace,
    Window,
)

CONSTANT_BITS = 8
"""Bits of a constant operand of the post-processing unit, such as a normalization's scale (assumption)."""


def assemble(graph: LayerGraph, formats: TensorFormats, name: str, title: str, provenance: Provenance) -> Trace:
    """Make the trace of a network."""
    return Trace(
        schema=SCHEMA,
        version=VERSION,
        name=name,
        title=title,
        batch=graph.network.batch,
        input_shapes={printable(tensor): shape for tensor, shape in graph.network.inputs.items()},
        batchnorm=graph.network.batchnorm,
        provenance=provenance,
        layers=tuple(_layer(layer, formats) for layer in graph.layers),
        free=tuple(FreeOperator(node=free.node, operator=free.operator, reason=free.reason) for free in graph.free),
    )


def _layer(layer: NetworkLayer, formats: TensorFormats) -> Layer:
    if layer.product is None:
        kind, weight_format = "none", None
    elif layer.constant_weights:
        kind, weight_format = "constant", formats.weights[layer.name]
    else:
        kind, weight_format = "dynamic", _activations(layer.weight_tensors, formats)
    return Layer.model_validate(
        {
            "name": layer.name,
            "operator": layer.operator,
            "gemm": Gemm(**asdict(layer.product)) if layer.product else None,
            "window": Window(**asdict(layer.window)) if layer.window else None,
            "input_elements": layer.input_elements,
            "inputs": layer.inputs,
            "weights": kind,
            "weight_inputs": layer.weight_inputs,
            "weight_format": weight_format,
            "activation_format": _activations(layer.input_tensors, formats),
            "ppu": tuple(_post(post, formats) for post in layer.post),
            "outputs": tuple(
                Output(tensor=printable(out.tensor), elements=out.elements, format=formats.activations[out.tensor])
                for out in layer.outputs
            ),
        }
    )


def _activations(tensors: tuple[str, ...], formats: TensorFormats) -> Format:
    """Return the one format of an operand's tensors; a constant among them is stored in it as well."""
    found = [formats.activations[tensor] for tensor in tensors if tensor in formats.activations]
    return found[0] if found else assumed_activations(CONSTANT_BITS)


def _post(post: PostOperator, formats: TensorFormats) -> PpuOperator:
    """Write one operator down. Operands of several widths are counted at the widest."""
    widths = [formats.activations[tensor].n for tensor in post.tensors]
    if post.constant_elements:
        widths.append(CONSTANT_BITS)
    return PpuOperator(
        operator=post.operator,
        node=post.node,
        elements=post.elements,
        operand_elements=post.activation_elements + post.constant_elements,
        operand_constants=post.constant_elements,
        operand_bits=max(widths, default=0),
        operand_from=post.makers,
    )
