"""The number formats of a network's tensors: fitted where values are at hand, assumed where they are not.

Assumed formats follow one rule. Weights are taken to be normal with He's standard deviation, sqrt(2 / fan-in);
activations to be normal, or the positive half of it, with variance 1.

References
----------
K. He et al., "Delving Deep into Rectifiers", ICCV 2015, arXiv 1502.01852 (the standard deviation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from lpasim.errors import LpasimError, NetworkError
from lpasim.formats import LogPosit, Rounding
from lpasim.networks.layers import LayerGraph
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.finite import refuse_values
from lpasim.quantization.fit import fit_log_posit, fit_normal
from lpasim.quantization.sample import Sample, draw, pool
from lpasim.quantization.squared_error import STEPS
from lpasim.quantization.trace import Basis, Format
from lpasim.quantization.weights import layer_weights, normalizations


@dataclass(frozen=True)
class Formats:
    """Formats by the name of a layer or a tensor, and why some are assumed although values were to be had."""

    by_name: Mapping[str, Format]
    doubts: Mapping[str, str]


@dataclass(frozen=True)
class TensorFormats:
    """Formats of the constant weights, by layer, and of the activations, by tensor."""

    weights: Mapping[str, Format]
    activations: Mapping[str, Format]


def as_format(posit: LogPosit, basis: Basis) -> Format:
    """Write a log posit down for a trace."""
    return Format(n=posit.n, es=posit.es, rs=posit.rs, sf=posit.sf, basis=basis)


def as_posit(fmt: Format) -> LogPosit:
    """Return the log posit that a trace writes down."""
    return LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)


def assumed_weights(n: int, fan_in: int) -> Format:
    """Return the assumed format of weights that `fan_in` products add up over."""
    posit = fit_normal(n, "linear")
    shift = round(0.5 * log2(2 / fan_in) / STEPS[-1]) * STEPS[-1]
    return as_format(LogPosit(n, posit.es, posit.rs, posit.sf - shift), "assumed")


def assumed_activations(n: int) -> Format:
    """Return the assumed format of activations."""
    return as_format(fit_normal(n, "log"), "assumed")


def weight_formats(graph: LayerGraph, bits: BitAssignment, sample_limit: int) -> Formats:
    """Fit a format to each layer's weights, or assume one where their values are not at hand or cannot be fitted.

    Raises
    ------
    NetworkError
        If a value is not finite.
    """
    layers = {layer.name: layer for layer in graph.layers}
    formats: dict[str, Format] = {}
    doubts: dict[str, str] = {}
    for name, n in bits.weight_bits(graph).items():
        layer = layers[name]
        formats[name] = assumed_weights(n, layer.product.k if layer.product else 1)
        try:
            values = layer_weights(graph, layer)
        except LpasimError as error:
            doubts[name] = str(error)
            continue
        if values is None:
            continue
        folded = ", batch normalization folded in" if normalizations(graph, name) else ""
        refuse_values(values, f"tensor {layer.constant_weights}, layer {name}{folded}, {graph.network.name}")
        try:
            formats[name] = _fitted(draw(values, sample_limit), n, "linear")
        except LpasimError as error:
            doubts[name] = str(error)
    return Formats(formats, doubts)


def activation_formats(graph: LayerGraph, bits: BitAssignment, samples: Mapping[str, Sample]) -> Formats:
    """Fit a format to each group of activations that share one, or assume it where no samples are at hand or fit."""
    groups: dict[str, list[str]] = {}
    for tensor in stored_activations(graph):
        groups.setdefault(graph.groups[tensor], []).append(tensor)
    formats: dict[str, Format] = {}
    doubts: dict[str, str] = {}
    for members in groups.values():
        found = assumed_activations(bits.activations)
        if all(tensor in samples for tensor in members):
            try:
                found = _fitted(pool(samples[tensor] for tensor in members), bits.activations, "log")
            except LpasimError as error:
                doubts[members[0]] = str(error)
        formats.update((tensor, found) for tensor in members)
    return Formats(formats, doubts)


def _fitted(sample: Sample, n: int, rounding: Rounding) -> Format:
    if sample.dropped:
        raise NetworkError(f"values must be finite, got {sample.dropped} that are not")
    return as_format(fit_log_posit(sample, n, rounding), "fitted")


def stored_activations(graph: LayerGraph) -> tuple[str, ...]:
    """Return all activations that lie in external memory at some time, in the order of execution."""
    names = dict.fromkeys(graph.network.inputs)
    for layer in graph.layers:
        names.update(dict.fromkeys((*layer.input_tensors, *layer.weight_tensors)))
        names.update(dict.fromkeys(tensor for post in layer.post for tensor in post.tensors))
        names.update(dict.fromkeys(output.tensor for output in layer.outputs))
    return tuple(name for name in names if name not in graph.network.constants)
