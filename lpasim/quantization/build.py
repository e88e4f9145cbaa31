"""Making a trace from a built-in topology or an ONNX file: shapes, layers, number formats, provenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Shape
from lpasim.networks.layers import LayerGraph
from lpasim.networks.onnx_file import fixes_batch_of_one, import_model, load_model
from lpasim.networks.printable import printable
from lpasim.networks.roles import BatchNorm
from lpasim.networks.zoo import CATALOGUE, built_in
from lpasim.quantization.assemble import assemble
from lpasim.quantization.batch import with_batch
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.borrowed import as_assumed, borrowed, topology
from lpasim.quantization.calibrate import observe
from lpasim.quantization.catalogued import catalogued
from lpasim.quantization.finite import refuse_not_finite
from lpasim.quantization.formats import TensorFormats, activation_formats, stored_activations, weight_formats
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.preprocess_file import find_preprocess
from lpasim.quantization.provenance import (
    ASSUMED_ACTIVATIONS,
    ASSUMED_WEIGHTS,
    Calibration,
    fingerprint,
    in_shell,
    portable,
    provenance,
    source_of,
)
from lpasim.quantization.trace import Format, Provenance, Trace
from lpasim.quantization.trace_file import SUFFIX, read_trace
from lpasim.quantization.trace_rules import checked
from lpasim.quantization.trained import TRAINED
from lpasim.quantization.weights import normalizations

if TYPE_CHECKING:
    import onnx

WEIGHT_SAMPLE = 2**16
"""Most elements of a layer's weights that a format is fitted to."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """Formats of a network and, in words, what they come from."""

    formats: TensorFormats
    weights: str
    activations: str
    preprocess: Preprocess | None
    borrowed: Provenance | None = None


def build_trace(
    model: str,
    *,
    name: str | None = None,
    batch: int | None = None,
    input_shape: str | None = None,
    bits: BitAssignment | None = None,
    calibration: Calibration | None = None,
    like: Path | None = None,
    batchnorm: BatchNorm = "fold",
    command: str | None = None,
) -> Trace:
    """Make the trace of a network.

    Parameters
    ----------
    model : str
        A built-in topology's name, that of a network that comes with lpasim trained, or the path of an ONNX file.
    name : str, optional
        Name of the trace; that of the topology or file if not given. A built-in's name brings its title and reference
        along if the network is the same.
    batch, input_shape : optional
        Open sizes of the inputs. A file that fixes the batch at 1 is imported so, and its trace scaled.
    bits : BitAssignment, optional
        How many bits each tensor gets.
    calibration : Calibration, optional
        Images to observe activations on. Without them activation formats are assumed.
    like : Path, optional
        A trained ONNX network of the same topology, whose fitted formats are taken over layer by layer as assumptions;
        the images are then run on it. Or a trace, of which formats are taken over as `borrowed` says.
    batchnorm : str
        "fold": batch normalizations are folded into the weights of the products before them. "ppu": they scale and
        shift in the post-processing unit, and formats are fitted to the weights as the file holds them.
    command : str, optional
        The command that makes this trace, for its provenance; by default the one of the ``trace`` command.

    Returns
    -------
    Trace

    Raises
    ------
    NetworkError
        If the network cannot be read, holds an unknown operator, or cannot be calibrated, or `batchnorm` is neither.
    TraceError
        If its totals break a rule of traces.
    """
    if batchnorm not in get_args(BatchNorm):
        raise NetworkError(f"batchnorm must be {' or '.join(get_args(BatchNorm))}, got {batchnorm!r} ({model})")
    bits = bits or BitAssignment()
    path, proto = _load(model)
    scaled = batch is not None and batch > 1 and fixes_batch_of_one(proto)
    folder = "" if path is None else str(path.parent)
    network = import_model(proto, model, batch=None if scaled else batch, input_shape=input_shape, folder=folder)
    refuse_not_finite(network)
    graph = fuse(replace(network, batchnorm=batchnorm))
    fit = _fit(graph, path, bits, calibration) if like is None else _borrow(graph, like, bits, calibration)
    stem = printable(model if path is None else path.stem)
    name = printable(name or stem)
    known = TRAINED.get(model) or catalogued(graph, name, stem)
    trace = assemble(
        graph,
        fit.formats,
        name,
        known.title if known else stem,
        provenance(
            topology=f"built-in {model}" if path is None else fingerprint(path),
            reference=known.reference if known else "none given",
            weights=fit.weights,
            activations=fit.activations,
            bits=bits,
            command=command
            or _command(
                model,
                name,
                batch=batch,
                input_shape=input_shape,
                like=like,
                calibration=calibration,
                bits=bits,
                batchnorm=batchnorm,
            ),
        ),
    ).model_copy(update={"preprocess": fit.preprocess})
    if fit.borrowed is not None:
        kept = {"bit_assignment": f"borrowed (there: {fit.borrowed.bit_assignment})", "method": fit.borrowed.method}
        trace = trace.model_copy(update={"provenance": trace.provenance.model_copy(update=kept)})
    return with_batch(trace, batch) if scaled and batch is not None else checked(trace, model)


def _load(model: str) -> tuple[Path | None, onnx.ModelProto]:
    """Return the path of a network, None for a built-in one, and its model."""
    if model in CATALOGUE:
        return None, built_in(model)
    path = TRAINED[model].model if model in TRAINED else Path(model)
    if not path.suffix and not path.exists():
        names = (*CATALOGUE, *TRAINED)
        close = get_close_matches(model.lower(), names, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise NetworkError(f"network must be an ONNX file or one of {', '.join(names)}, got {model!r}{hint}")
    return path, load_model(path)


def _fit(graph: LayerGraph, path: Path | None, bits: BitAssignment, calibration: Calibration | None) -> _Fit:
    """Fit formats to whatever values are at hand."""
    if calibration is not None and path is None:
        raise NetworkError(f"calibrated network must be an ONNX file with weights, got built-in {graph.network.name!r}")
    rule = None if calibration is None else find_preprocess(calibration.preprocess)
    weights = weight_formats(graph, bits, WEIGHT_SAMPLE)
    samples = {}
    if calibration is not None and rule is not None and path is not None:
        samples = observe(path, stored_activations(graph), calibration.images, calibration.limit, rule)
    activations = activation_formats(graph, bits, samples)
    file = printable(path.name) if path else ""
    images = calibration.describe(rule) if calibration and rule else ""
    folded = any(normalizations(graph, layer) for layer, found in weights.by_name.items() if found.basis == "fitted")
    values = f"the values in {file}{', batch normalization folded in' if folded else ''}"
    return _Fit(
        TensorFormats(weights.by_name, activations.by_name),
        source_of(weights, values, ASSUMED_WEIGHTS),
        source_of(activations, images, ASSUMED_ACTIVATIONS),
        rule,
    )


def _borrow(graph: LayerGraph, like: Path, bits: BitAssignment, calibration: Calibration | None) -> _Fit:
    """Take over the formats of a trained network of the same topology, or of a trace, marked as assumed."""
    if like.suffix.lower() == SUFFIX:
        return _borrow_written(graph, like, bits, calibration)
    network = import_model(load_model(like), str(like), folder=str(like.parent))
    refuse_not_finite(network)
    other = fuse(replace(network, batchnorm=graph.network.batchnorm))
    if topology(other) != topology(graph):
        raise NetworkError(f"similar network must have the layers of {graph.network.name}, got others ({like})")
    fit = _fit(other, like, bits, calibration)
    mine, theirs = stored_activations(graph), stored_activations(other)
    weights = _renamed(fit.formats.weights.values(), (layer.name for layer in graph.layers if layer.constant_weights))
    activations = _renamed((fit.formats.activations[tensor] for tensor in theirs), mine)
    source = f"assumed to be those of the same layers of {fingerprint(like)}"
    preprocess = fit.preprocess if _sizes(other) == _sizes(graph) else None
    formats = TensorFormats(weights, activations)
    return _Fit(formats, f"{source}, {fit.weights}", f"{source}, {fit.activations}", preprocess)


def _borrow_written(graph: LayerGraph, like: Path, bits: BitAssignment, calibration: Calibration | None) -> _Fit:
    """Take over the formats of a trace, which says itself what they were fitted to."""
    if calibration is not None or bits != BitAssignment():
        raise NetworkError(f"formats of a trace must be taken over as they are, got images or bits as well ({like})")
    trace = read_trace(like)
    formats, how = borrowed(graph, trace)
    source = f"assumed to be {how} of {fingerprint(like)}"
    weights, activations = (f"{source}, {text}" for text in (trace.provenance.weights, trace.provenance.activations))
    return _Fit(formats, weights, activations, None, trace.provenance)


def _sizes(graph: LayerGraph) -> list[Shape]:
    """Return the shape of one image of each input."""
    return [shape[1:] for shape in graph.network.inputs.values()]


def _renamed(formats: Iterable[Format], names: Iterable[str]) -> dict[str, Format]:
    return {name: as_assumed(found) for name, found in zip(names, formats, strict=True)}


def _command(
    model: str,
    name: str,
    *,
    batch: int | None,
    input_shape: str | None,
    like: Path | None,
    calibration: Calibration | None,
    bits: BitAssignment,
    batchnorm: BatchNorm,
) -> str:
    """Return the command line that makes the trace."""
    default = BitAssignment()
    options = {
        "batch": batch,
        "input-shape": input_shape and in_shell(input_shape),
        "like": like and portable(like),
        "weight-bits": bits.weights if bits.weights != default.weights else None,
        "activation-bits": bits.activations if bits.activations != default.activations else None,
        "edge-bits": bits.edges if bits.edges != default.edges else None,
        "batchnorm": batchnorm if batchnorm != "fold" else None,
    }
    given = "".join(f" --{option} {value}" for option, value in options.items() if value is not None)
    images = calibration.options() if calibration else ""
    return f"python -m lpasim trace {portable(model)}{given}{images} -o {in_shell(f'{name}.json')}"
