"""Observing a network's activations on images, with onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpasim.errors import NetworkError
from lpasim.networks.onnx_file import load_model
from lpasim.networks.printable import first_line, printable
from lpasim.networks.stored import read_values
from lpasim.quantization.inputs import find_inputs, prepare
from lpasim.quantization.pictures import HOW_TO_INSTALL
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.sample import Sample, draw, pool

SAMPLE_AN_IMAGE = 4096
"""Elements that are kept of each tensor and image."""


def observe(model: Path, tensors: Sequence[str], images: Path, limit: int, rule: Preprocess) -> dict[str, Sample]:
    """Run a network on images and sample its tensors.

    Parameters
    ----------
    model : Path
        ONNX file with one input, of images or features [N, ...].
    tensors : sequence of str
        What to observe.
    images : Path
        What `find_inputs` takes: a folder of images, or an ``.npz`` file of images or features.
    limit : int
        Number of images.
    rule : Preprocess
        How they are prepared.

    Raises
    ------
    NetworkError
        If onnxruntime or Pillow are not installed, there are no images, or the network does not run on them.
    """
    if limit < 1:
        raise NetworkError(f"limit must be at least 1 image, got {limit}")
    session, name, shape = _session(model, tensors)
    wanted = [tensor for tensor in tensors if tensor != name]
    found: dict[str, list[Sample]] = {tensor: [] for tensor in tensors}
    for item in find_inputs(images)[:limit]:
        values = prepare(item, rule, shape, model)
        try:
            results = session.run(wanted, {name: values}) if wanted else ()  # which onnxruntime refuses
        except Exception as error:  # onnxruntime's exceptions share no narrower base
            must = f"network must run on images of shape {values.shape}"
            raise NetworkError(f"{must}, got {first_line(error)} ({model})") from error
        for tensor, elements in zip((*wanted, name), (*results, values), strict=True):
            if tensor in found:
                found[tensor].append(draw(elements, SAMPLE_AN_IMAGE))
    return {tensor: pool(samples) for tensor, samples in found.items()}


def _session(path: Path, tensors: Sequence[str]) -> tuple[Any, str, Sequence[int | str | None]]:
    """Make an onnxruntime session that returns `tensors`; also return the name and shape of the network's input."""
    try:
        import onnxruntime
    except ImportError as error:
        rule = "onnxruntime must be installed to fit formats to images"
        raise NetworkError(f"{rule}, got none; {HOW_TO_INSTALL}") from error
    import onnx
    import onnx.inliner

    model = load_model(path)
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError, RuntimeError, onnx.checker.ValidationError) as error:
        for tensor in model.graph.initializer:
            read_values(tensor, str(path.parent), str(path))  # says which data are missing
        raise NetworkError(f"network must hold its weights, got {first_line(error)} ({printable(path)})") from error
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in stored]
    if len(inputs) != 1:
        raise NetworkError(f"calibrated network must have one input, got {len(inputs)} ({path})")
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in tensors if tensor != inputs[0])
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no narrower base
        raise NetworkError(f"calibrated network must run in onnxruntime, got {first_line(error)} ({path})") from error
    return session, inputs[0], session.get_inputs()[0].shape
