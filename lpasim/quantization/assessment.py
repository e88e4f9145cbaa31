"""Assessing a network before any search: what its tensors are like, and how well number formats hold each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from lpasim.errors import FormatError, NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.networks.printable import printable
from lpasim.networks.roles import BatchNorm
from lpasim.quantization.assessed_activations import Operand, observed_operands
from lpasim.quantization.bits import is_depthwise
from lpasim.quantization.channel_weights import read_channels, turned
from lpasim.quantization.channels import channel_spread
from lpasim.quantization.distribution import Distribution, describe
from lpasim.quantization.finite import refuse_not_finite
from lpasim.quantization.format_error import Score, score_activations, score_weights
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.preprocess_file import find_preprocess
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.sample import Sample, draw
from lpasim.quantization.weights import normalizations

DIFFICULT_BITS = 4
"""Bits at which tensors are ranked: those that LPA's compression comes from."""
ALL_ZEROS = "values must not all be zero"
Progress = Callable[[int, int], None]
"""Takes the tensors that are done, and all there are."""


@dataclass(frozen=True)
class AssessedTensor:
    """An operand of a layer's product.

    Attributes
    ----------
    layer, operator : str
        The layer.
    operand : str
        "weights"; "input", what crosses the array; or "second input", activations that stay in it.
    depthwise : bool
        Whether the layer is a depthwise convolution.
    macs : int
        Multiply-accumulates of the layer, for one image.
    distribution : Distribution
        Of the operand's values.
    scores : tuple of Score
        The best format of each kind and width.
    spread_log2 : float, optional
        Size of the largest channel over that of the median live one [log2], for weights.
    dead_channels : int
        Output channels of the weights that are taken to be dead.
    """

    layer: str
    operator: str
    operand: Operand
    depthwise: bool
    macs: int
    distribution: Distribution
    scores: tuple[Score, ...]
    spread_log2: float | None = None
    dead_channels: int = 0

    def score(self, kind: str, bits: int) -> Score:
        """Return the best format of a kind and width."""
        return next(score for score in self.scores if (score.kind, score.bits) == (kind, bits))

    @property
    def difficulty_db(self) -> float:
        """The lower, the more difficult: `channel_sqnr_db` of the best log posit of `DIFFICULT_BITS`."""
        return self.score("lp", DIFFICULT_BITS).channel_sqnr_db


@dataclass(frozen=True)
class Assessment:
    """What is known of a network before any search.

    Attributes
    ----------
    model : Path
        Its file.
    batchnorm : str
        What becomes of batch normalizations: "fold" or "ppu".
    tensors : tuple of AssessedTensor
        In the order of execution.
    skipped : Mapping
        Operands that could not be assessed ("layer: operand"), and why.
    alternative_db : Mapping
        `difficulty_db` of weights under the other choice of `batchnorm`, by layer, where that makes them others.
    calibration, preprocess : optional
        The images that activations were observed on.
    """

    model: Path
    batchnorm: BatchNorm
    tensors: tuple[AssessedTensor, ...]
    skipped: Mapping[str, str]
    alternative_db: Mapping[str, float]
    calibration: Calibration | None = None
    preprocess: Preprocess | None = None

    @cached_property
    def ranking(self) -> tuple[AssessedTensor, ...]:
        """The tensors, the most difficult first; equal ones in the order of execution."""
        return tuple(sorted(self.tensors, key=lambda tensor: tensor.difficulty_db))

    def of(self, *operands: Operand) -> tuple[AssessedTensor, ...]:
        """Return the tensors that are such operands."""
        return tuple(tensor for tensor in self.tensors if tensor.operand in operands)


def assess(
    model: Path,
    *,
    batchnorm: BatchNorm = "fold",
    calibration: Calibration | None = None,
    input_shape: str | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Assess the weights of a network and, where there are images, its activations.

    Parameters
    ----------
    model : Path
        ONNX file with weights.
    batchnorm : str
        "fold": batch normalizations are folded into the weights before them. "ppu": weights stay as the file holds
        them.
    calibration : Calibration, optional
        Images to observe activations on.
    input_shape : str, optional
        Sizes that the file leaves open.
    progress : callable, optional
        Told after each tensor.

    Raises
    ------
    NetworkError
        If the network cannot be read or run, a weight is not finite, or no layer can be assessed.
    """
    network = import_model(load_model(model), str(model), input_shape=input_shape, folder=str(model.parent))
    refuse_not_finite(network)
    graph = fuse(replace(network, batchnorm=batchnorm))
    rule = None if calibration is None else find_preprocess(calibration.preprocess)
    jobs = _weight_jobs(graph)
    if not jobs:
        raise NetworkError(f"network must have a layer with constant weights, got none ({printable(model)})")
    if calibration is not None and rule is not None:
        jobs += _activation_jobs(graph, model, calibration, rule)
    found: list[AssessedTensor] = []
    skipped: dict[str, str] = {}
    for done, job in enumerate(jobs, start=1):
        outcome = job.do()
        if isinstance(outcome, str):
            skipped[f"{job.layer.name}: {job.operand}"] = outcome
        else:
            found.append(outcome)
        if progress is not None:
            progress(done, len(jobs))
    if not any(tensor.operand == "weights" for tensor in found):
        reason = next(iter(skipped.values()))
        raise NetworkError(f"network must have weights that can be assessed, got none: {reason} ({printable(model)})")
    order = {layer.name: place for place, layer in enumerate(graph.layers)}
    tensors = tuple(sorted(found, key=lambda tensor: order[tensor.layer]))
    return Assessment(model, batchnorm, tensors, skipped, _alternative(graph), calibration, rule)


@dataclass(frozen=True, slots=True)
class _Job:
    """An operand that is to be assessed; `do` returns why it cannot be where that is so."""

    layer: NetworkLayer
    operand: Operand
    do: Callable[[], AssessedTensor | str]


def _weight_jobs(graph: LayerGraph) -> list[_Job]:
    folded = graph if graph.network.batchnorm == "fold" else turned(graph)
    layers = [layer for layer in graph.layers if layer.constant_weights]
    return [_Job(layer, "weights", partial(_weights, graph, folded, layer)) for layer in layers]


def _activation_jobs(graph: LayerGraph, model: Path, calibration: Calibration, rule: Preprocess) -> list[_Job]:
    observed = observed_operands(graph, model, calibration, rule)
    return [_Job(layer, operand, partial(_activations, layer, operand, sample)) for layer, operand, sample in observed]


def _weights(graph: LayerGraph, folded: LayerGraph, layer: NetworkLayer) -> AssessedTensor | str:
    """Assess the weights of a layer."""
    weights = read_channels(graph, folded, layer)
    if isinstance(weights, str):
        return weights
    channels, live = weights
    described = describe(draw(channels, channels.size))
    if described is None:
        return ALL_ZEROS
    try:
        tensor = _assessed(layer, "weights", described, score_weights(channels, live))
    except FormatError as error:
        return str(error)
    dead = int(np.count_nonzero(~live))
    return replace(tensor, spread_log2=channel_spread(channels, live), dead_channels=dead)


def _activations(layer: NetworkLayer, operand: Operand, sample: Sample) -> AssessedTensor | str:
    """Assess activations that a layer reads."""
    if sample.dropped:
        return f"values must be finite, got {sample.dropped} that are not"
    described = describe(sample)
    if described is None:
        return ALL_ZEROS
    try:
        return _assessed(layer, operand, described, score_activations(sample))
    except FormatError as error:
        return str(error)


def _assessed(layer: NetworkLayer, operand: Operand, described: Distribution, scores: list[Score]) -> AssessedTensor:
    product = layer.product
    macs = product.count * product.m * product.k * product.n if product is not None else 0
    return AssessedTensor(layer.name, layer.operator, operand, is_depthwise(layer), macs, described, tuple(scores))


def _alternative(graph: LayerGraph) -> dict[str, float]:
    """Return how difficult weights are if batch normalizations are not folded into them, or are."""
    other = turned(graph)
    folded = graph if graph.network.batchnorm == "fold" else other
    found = {}
    for layer in folded.layers:
        if normalizations(folded, layer.name):
            weights = read_channels(other, folded, layer)
            if not isinstance(weights, str) and weights.values.any():
                with suppress(FormatError):
                    score = score_weights(*weights, ("lp",), (DIFFICULT_BITS,))[0]
                    found[layer.name] = score.channel_sqnr_db
    return found
