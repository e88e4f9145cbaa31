"""The files that a quantization gives: the trace, and the network with corrected weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim import __version__
from lpasim.errors import NetworkError, SearchError
from lpasim.formats import LogPosit, NumberFormat
from lpasim.lpq.quantize import Outcome
from lpasim.lpq.rewrite import rewritten
from lpasim.lpq.subject import Subject
from lpasim.lpq.weight_storage import as_stored
from lpasim.networks.onnx_file import load_model
from lpasim.networks.printable import printable
from lpasim.quantization.assemble import assemble
from lpasim.quantization.formats import TensorFormats, as_format
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.provenance import digest_of, fingerprint
from lpasim.quantization.trace import Format, Provenance, Trace
from lpasim.quantization.trace_rules import checked

if TYPE_CHECKING:
    import onnx


MARK = "lpasim.quantize"
"""Key of the metadata of networks that were corrected here."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a trace says of where it comes from, beside the formats.

    Attributes
    ----------
    title, reference : str
        Of the network, for people.
    images : str
        In words, the images that formats of activations are fitted to.
    corrected_on : int
        How many images weights and biases are corrected on.
    command : str
        What makes it again.
    preprocess : Preprocess
        How images become inputs.
    accuracy : str
        What was counted of the answers.
    """

    title: str
    reference: str
    images: str
    corrected_on: int
    command: str
    preprocess: Preprocess
    accuracy: str


def check_rewritable(subject: Subject) -> None:
    """Refuse a network whose weights cannot be written anew.

    Raises
    ------
    NetworkError
        If several layers share weights, an operator computes them, or they are not stored as float32.
    """
    stored = [as_stored(subject.network, layer.layer, layer.operand) for layer in subject.layers]
    rewritten(subject.model, dict(stored), folder=str(subject.path.parent))


def corrected_model(outcome: Outcome) -> onnx.ModelProto:
    """Return the network with corrected weights and biases; the weights are values of their formats.

    Raises
    ------
    NetworkError
        If several layers share weights, or an operator computes them.
    SearchError
        If nothing was corrected.
    """
    if outcome.corrected is None:
        raise SearchError("network must be corrected to be written anew, got formats alone")
    subject = outcome.subject
    constants: dict[str, NDArray[Any]] = {}
    for layer in subject.layers:
        name, values = as_stored(subject.network, layer.layer, outcome.corrected.layers[layer.name].operand)
        constants[name] = values
        offsets = outcome.corrected.offsets.get(layer.name)
        if layer.anchor is None or offsets is None:
            continue
        shape = subject.network.shape(layer.anchor.initializer)
        before = subject.stored(layer.anchor.initializer)
        moved = before + (offsets / layer.anchor.gain).reshape(shape)
        constants[layer.anchor.initializer] = moved.astype(np.float32)
    source = f"{fingerprint(subject.path)}, weights and biases corrected by lpasim {__version__}"
    return rewritten(subject.model, constants, provenance={MARK: source}, folder=str(subject.path.parent))


def correction_of(path: Path) -> str | None:
    """Return what a network that was corrected here says of it: the file before, and the version; None of another."""
    try:
        return next((printable(entry.value) for entry in load_model(path).metadata_props if entry.key == MARK), None)
    except NetworkError:
        return None


def quantized_trace(outcome: Outcome, origin: Origin, name: str, model: onnx.ModelProto | None) -> Trace:
    """Return the trace of a quantized network.

    Parameters
    ----------
    outcome : Outcome
        The formats.
    origin : Origin
        Where they come from.
    name : str
        Of the trace.
    model : onnx.ModelProto or None
        The corrected network that goes with it; None if it is the original.

    Raises
    ------
    SearchError
        If formats are no log posits.
    TraceError
        If it breaks a rule of traces.
    """
    subject, plan = outcome.subject, outcome.plan
    formats = TensorFormats(
        {layer: _written(fmt) for layer, fmt in outcome.formats.items()},
        {tensor: _written(fmt) for tensor, fmt in outcome.activations.items()},
    )
    original = fingerprint(subject.path)
    corrected = f", after weights and biases were corrected on {origin.corrected_on} images"
    if model is None:
        corrected = ""
    topology = (
        original if model is None else f"{original}, corrected {digest_of(model.SerializeToString(deterministic=True))}"
    )
    settings = plan.search
    objective = f"{plan.fitness.objective} over {settings.images} images, pooling {plan.fitness.pooling}"
    search = f"population {settings.population}, passes {settings.passes}, seed {settings.seed}"
    trace = assemble(
        subject.graph,
        formats,
        name,
        origin.title,
        Provenance(
            topology=topology,
            reference=origin.reference,
            weights=f"fitted by a search on {original}{corrected}; batch normalization {plan.batchnorm}",
            activations=f"fitted to {origin.images}",
            bit_assignment=(
                f"weights {outcome.weight_bits:.2f} bits on average, of {'/'.join(map(str, plan.bits))}; stored "
                f"activations {outcome.activation_bits:.2f} bits on average, more where rounding harms answers more"
                + ("" if outcome.held is None else f"; bound: {outcome.held.describe()}")
            ),
            method=f"LPQ: genetic search ({search}) for the least {objective}; weights rounded {plan.rounding}",
            command=origin.command,
            accuracy=origin.accuracy,
            lpasim_version=__version__,
        ),
    ).model_copy(update={"preprocess": origin.preprocess})
    return checked(trace, printable(str(subject.path)))


def _written(fmt: NumberFormat) -> Format:
    if not isinstance(fmt, LogPosit):
        raise SearchError(f"formats of a trace must be log posits, got {fmt}")
    return as_format(fmt, "fitted")
