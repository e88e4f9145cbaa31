"""A network's file with other constants: the same graph, the same names, and all data in the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError, OutputError
from lpasim.networks.onnx_file import load_model
from lpasim.networks.printable import printable
from lpasim.networks.stored import read_values
from lpasim.whole_file import Whole

if TYPE_CHECKING:
    import onnx

MAX_BYTES = 2**31 - 1
"""Largest message that protocol buffers can write [B] (https://protobuf.dev/programming-guides/proto-limits/)."""


def rewritten(
    source: Path | onnx.ModelProto,
    constants: Mapping[str, NDArray[Any]],
    *,
    provenance: Mapping[str, str] | None = None,
    folder: str = "",
) -> onnx.ModelProto:
    """Return a copy of a network in which stored constants have other values.

    Parameters
    ----------
    source : Path or onnx.ModelProto
        The network, which stays as it is.
    constants : Mapping
        New values [float32] of initializers, or of the results of ``Constant`` nodes, by name, in their shapes.
    provenance : Mapping, optional
        Entries for the file's metadata; they take the place of entries of the same key.
    folder : str
        Where the files with the weights' data lie, if `source` is a model that does not hold them.

    Returns
    -------
    onnx.ModelProto
        It holds all data itself. Local functions are inlined, as they are when a network is imported, so that the names
        of tensors agree.

    Raises
    ------
    NetworkError
        If the file or its data cannot be read, a name stands for no stored constant, or values have another type or
        shape than it, or are not finite.
    """
    name = printable(source.name) if isinstance(source, Path) else source.graph.name
    model = _whole(source, folder, name)
    stored = _stored(model)
    for constant, values in constants.items():
        if constant not in stored:
            raise NetworkError(f"constant must be stored in the network, got {printable(constant)!r} ({name})")
        _replace(stored[constant], values, f"constant {printable(constant)!r}, {name}")
    kept = {entry.key: entry.value for entry in model.metadata_props} | dict(provenance or {})
    del model.metadata_props[:]
    for key, value in kept.items():
        model.metadata_props.add(key=key, value=value)
    return model


def model_file(model: onnx.ModelProto, path: Path) -> Whole:
    """Return a network's file, ready to be written; the same network gives the same bytes.

    Raises
    ------
    OutputError
        If the file would be too large for the format.
    """
    size = model.ByteSize()
    if size > MAX_BYTES:
        raise OutputError(f"network must take at most {MAX_BYTES} B in one file, got {size} ({path})")
    return Whole(model.SerializeToString(deterministic=True), path, "network")


def _whole(source: Path | onnx.ModelProto, folder: str, name: str) -> onnx.ModelProto:
    """Return a copy of a network with all of its data, local functions inlined."""
    import onnx
    import onnx.inliner

    if isinstance(source, Path):
        model, folder = load_model(source), str(source.parent)
    else:
        model = onnx.ModelProto()
        model.CopyFrom(source)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            if read_values(tensor, folder, name) is None:
                raise NetworkError(f"data of tensor {tensor.name!r} must be in the file, got none ({name})")
            onnx.external_data_helper.load_external_data_for_tensor(tensor, folder)
            tensor.data_location = onnx.TensorProto.DEFAULT  # which early versions of onnx leave to the caller
            del tensor.external_data[:]
    return model


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Go through all tensors that a graph stores, those of its nodes' graphs included."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ())):
                yield from _tensors(inner)


def _stored(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """Return the constants that can be replaced, by the name of the tensor that nodes read."""
    values = (
        (node.output[0], attribute.t)
        for node in model.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    )
    return {tensor.name: tensor for tensor in model.graph.initializer} | dict(values)


def _replace(tensor: onnx.TensorProto, values: NDArray[Any], where: str) -> None:
    """Put other values into a stored constant."""
    import onnx

    if tensor.data_type != onnx.TensorProto.FLOAT:
        kind = onnx.TensorProto.DataType.Name(tensor.data_type)
        raise NetworkError(f"constant that changes must be stored as FLOAT, got {kind} ({where})")
    if values.dtype != np.float32:
        raise NetworkError(f"new values must be float32, got {values.dtype} ({where})")
    if values.shape != tuple(tensor.dims):
        raise NetworkError(f"new values must have shape {tuple(tensor.dims)}, got {values.shape} ({where})")
    if not np.isfinite(values).all():
        raise NetworkError(f"new values must be finite, got {values[~np.isfinite(values)][0]} ({where})")
    del tensor.float_data[:]
    tensor.raw_data = np.ascontiguousarray(values, "<f4").tobytes()
