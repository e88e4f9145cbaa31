"""The activations that each layer's product reads, observed on images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.quantization.calibrate import observe
from lpasim.quantization.formats import stored_activations
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.sample import Sample, pool

Operand = Literal["weights", "input", "second input"]
"""What a tensor is to a product: constant weights, what crosses the array, or activations that stay in it."""


def observed_operands(
    graph: LayerGraph, model: Path, calibration: Calibration, rule: Preprocess
) -> list[tuple[NetworkLayer, Operand, Sample]]:
    """Sample the activations of each layer with a product.

    Tensors that must share a number format, because they lie side by side in an operand of some product, are sampled
    together.

    Raises
    ------
    NetworkError
        If the network does not run on the images.
    """
    groups: dict[str, list[str]] = {}
    for tensor in stored_activations(graph):
        groups.setdefault(graph.groups[tensor], []).append(tensor)
    wanted = []
    for layer in graph.layers:
        if layer.product is not None:
            sides: tuple[tuple[Operand, tuple[str, ...]], ...] = (
                ("input", layer.input_tensors),
                ("second input", () if layer.constant_weights else layer.weight_tensors),
            )
            for operand, tensors in sides:
                found = [graph.groups[tensor] for tensor in tensors if tensor in graph.groups]
                wanted += [(layer, operand, groups[found[0]])] if found else []
    observed = observe(
        model,
        list(dict.fromkeys(tensor for _, _, members in wanted for tensor in members)),
        calibration.images,
        calibration.limit,
        rule,
    )
    return [(layer, operand, pool(observed[tensor] for tensor in members)) for layer, operand, members in wanted]
