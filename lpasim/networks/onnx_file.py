"""Reading ONNX files: from a path to a model, and on to a network with shapes, or one clear error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node, Shape
from lpasim.networks.input_shapes import resolve_input_shapes
from lpasim.networks.printable import printable
from lpasim.networks.shapes import infer, opsets_of

if TYPE_CHECKING:
    import onnx


def load_model(path: Path) -> onnx.ModelProto:
    """Read an ONNX file without the data that it keeps in other files.

    Raises
    ------
    NetworkError
        If the file is missing, damaged or no ONNX model.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load_model(path, format="protobuf", load_external_data=False)  # whatever its suffix
    except FileNotFoundError as error:
        raise NetworkError(f"network must be an existing file, got {str(path)!r}") from error
    except OSError as error:
        raise NetworkError(f"network must be a readable file, got {str(path)!r} ({error.strerror})") from error
    except (DecodeError, ValueError) as error:
        got = f"a damaged or other file ({printable(path)})"
        raise NetworkError(f"network must be a whole ONNX model, got {got}") from error
    if not model.graph.node or not model.opset_import:
        raise NetworkError(f"network must be an ONNX model with at least one node, got none ({printable(path)})")
    return model


def import_model(
    model: onnx.ModelProto,
    name: str,
    *,
    batch: int | None = None,
    input_shape: str | None = None,
    otherwise: Mapping[str, Shape] | None = None,
    folder: str = "",
) -> Network:
    """Turn an ONNX model into a network: local functions inlined, every shape known.

    Parameters
    ----------
    model : onnx.ModelProto
        The model. The weights' data may be missing: shapes do not need them.
    name : str
        What messages call it: the path of the file.
    batch : int, optional
        Size of the leading dimension of every input that leaves it open; 1 if not given.
    input_shape : str, optional
        Sizes of the inputs, as `resolve_input_shapes` reads them.
    otherwise : Mapping, optional
        Shapes whose sizes are taken where all else leaves one open, such as those of a trace.
    folder : str
        Where the files with the weights' data lie, if they are not in the model's own.

    Raises
    ------
    NetworkError
        If an input's size is open or contradictory, an operator has no definition, or a shape cannot be inferred.
    """
    name = printable(name)
    if model.functions:
        import onnx.inliner

        model = onnx.inliner.inline_local_functions(model)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    inputs, size = resolve_input_shapes(
        {value.name: _declared(value, name) for value in graph.input if value.name not in weights},
        name,
        batch=batch,
        text=input_shape,
        otherwise=otherwise,
    )
    nodes = _nodes(graph.node)
    knowledge = infer(model, nodes, inputs, name, folder)
    outputs = tuple(value.name for value in graph.output)
    for output in outputs:
        if output not in knowledge.shapes:
            raise NetworkError(f"output must be made by a node, got {output!r} ({name})")
    return Network(
        name=name,
        inputs=inputs,
        outputs=outputs,
        nodes=nodes,
        shapes=knowledge.shapes,
        constants=frozenset(knowledge.constants),
        values=knowledge.values,
        weights={**knowledge.stored, **weights},
        batch=size,
        opset=opsets_of(model).get("", 0),
        folder=folder,
    )


def fixes_batch_of_one(model: onnx.ModelProto) -> bool:
    """Whether every input has a leading dimension that the file fixes at 1."""
    stored = {tensor.name for tensor in model.graph.initializer}
    declared = [_declared(value, model.graph.name) for value in model.graph.input if value.name not in stored]
    return bool(declared) and all(dims and dims[0] == 1 for dims in declared)


def _declared(value: onnx.ValueInfoProto, network: str) -> tuple[int | str, ...]:
    """Return the declared shape of an input: a number, or the name (perhaps empty) of an open dimension."""
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
        raise NetworkError(f"input must be a tensor of known rank, got {value.name!r} ({network})")
    return tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in kind.shape.dim)


def _nodes(protos: Any) -> tuple[Node, ...]:
    """Convert the nodes, giving each a name of its own."""
    import onnx

    taken: set[str] = set()
    nodes = []
    for index, proto in enumerate(protos):
        name = printable(proto.name or f"{proto.op_type}_{index}")
        while name in taken:
            name = f"{name}_{index}"
        taken.add(name)
        attributes: Mapping[str, Any] = {
            attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in proto.attribute
        }
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        nodes.append(Node(name, proto.op_type, domain, tuple(proto.input), tuple(proto.output), attributes))
    return tuple(nodes)
