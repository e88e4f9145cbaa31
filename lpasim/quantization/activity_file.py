"""Activity files: writing, reading, and finding the layers of a trace in one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from lpasim.errors import ActivityError
from lpasim.formats import parse_format
from lpasim.quantization.activity import SCHEMA, VERSION, Activity, LayerActivity, MeasuredTrace
from lpasim.quantization.documents import Document, first_problem
from lpasim.quantization.formats import as_posit
from lpasim.quantization.trace import Layer, Trace
from lpasim.quantization.trace_file import format_trace

DOCUMENT = Document("activity", SCHEMA, VERSION, ActivityError)


def identify(trace: Trace) -> MeasuredTrace:
    """Name a trace by its own name and what it holds."""
    return MeasuredTrace(name=trace.name, sha256=hashlib.sha256(format_trace(trace).encode()).hexdigest())


def format_activity(activity: Activity) -> str:
    """Return an activity as JSON text: one key a line, and one layer a line."""
    data = activity.model_dump(mode="json", by_alias=True)
    layers = ",\n".join("  " + json.dumps(layer, ensure_ascii=False) for layer in data.pop("layers"))
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
    return "{\n" + ",\n".join([*lines, f' "layers": [\n{layers}\n ]']) + "\n}\n"


def write_activity(activity: Activity, path: Path) -> None:
    """Write an activity, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    DOCUMENT.write(format_activity(activity), path)


def read_activity(path: Path) -> Activity:
    """Read an activity.

    Raises
    ------
    ActivityError
        If the file is missing or no activity of this version, or a value breaks a rule.
    """
    text = DOCUMENT.read(path)
    DOCUMENT.check_head(text, str(path))
    try:
        activity = Activity.model_validate_json(text)
    except ValidationError as error:
        raise ActivityError(f"{first_problem(error)} ({path})") from error
    names: set[str] = set()
    for index, layer in enumerate(activity.layers):
        problem = _broken_rule(layer) or (f"name must be used once, got {layer.name!r}" if layer.name in names else "")
        if problem:
            raise ActivityError(f"layers[{index}].{problem} ({path})")
        names.add(layer.name)
    return activity


def layers_of(activity: Activity, trace: Trace, setting: Mapping[str, int], file: str) -> Mapping[str, LayerActivity]:
    """Return the activity of each layer with a product, by name.

    The batch may differ: one image after the other was measured.

    Parameters
    ----------
    activity : Activity
        What was measured.
    trace : Trace
        The workload to be priced.
    setting : mapping
        Size of the array and widths of its lanes, with the keys of `Activity.setting`.
    file : str
        Where the activity is from, for messages.

    Raises
    ------
    ActivityError
        If the array or its lanes are others, or a layer is missing, or of another shape or format.
    """
    for key, value in activity.setting.items():
        if value != setting[key]:
            rule = f"activity must be measured with {key} = {setting[key]}, got {value} ({file})"
            raise ActivityError(f"{rule}; measure it again with: infer --activity FILE --set {key}={setting[key]}")
    measured = {layer.name: layer for layer in activity.layers}
    wanted = [layer for layer in trace.layers if layer.gemm is not None]
    for layer in wanted:
        if layer.name not in measured:
            got = f"none ({file}, measured with trace {activity.trace.name})"
            raise ActivityError(f"activity must hold layer {layer.name} of trace {trace.name}, got {got}")
        expected, got = _signature(layer), _measured_signature(measured[layer.name])
        if expected != got:
            where = f"trace {trace.name}; {file}"
            raise ActivityError(f"activity of layer {layer.name} must be of {expected}, got {got} ({where})")
    return {layer.name: measured[layer.name] for layer in wanted}


def _signature(layer: Layer) -> str:
    """Say what decides a layer's words: the shape of its product, and its formats."""
    if layer.gemm is None or layer.weight_format is None:
        return "no product"
    formats = (as_posit(layer.weight_format).spec, as_posit(layer.activation_format).spec)
    return f"K = {layer.gemm.k}, N = {layer.gemm.n}, weights {formats[0]}, activations {formats[1]}"


def _measured_signature(layer: LayerActivity) -> str:
    return f"K = {layer.k}, N = {layer.n}, weights {layer.weight_format}, activations {layer.activation_format}"


def _broken_rule(layer: LayerActivity) -> str:
    """Return the first rule that ties values together and is broken, or nothing."""
    for key, spec, operand in (
        ("weight", layer.weight_format, layer.weights),
        ("activation", layer.activation_format, layer.activations),
    ):
        try:
            words = 1 << parse_format(spec).n
        except ValueError:
            return f"{key}_format must be a number format, got {spec!r}"
        if len(operand.histogram) != words:
            return f"{key}s.histogram must have {words} counts, got {len(operand.histogram)}"
    return ""
