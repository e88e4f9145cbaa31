"""Shapes of all tensors, node by node, with the arithmetic on shapes evaluated on the way.

ONNX's own inference over a whole graph stops silently at the first operator that it does not know; here every node must
yield its shapes, and the first that does not is named.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.evaluation import SHAPE_OPERATORS, evaluate, evaluate_shape
from lpasim.networks.graph import Node, Shape
from lpasim.networks.operators import known_operators
from lpasim.networks.printable import printable
from lpasim.networks.stored import read_values
from lpasim.networks.unknown import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx

MAX_EVALUATED = 65536
"""Largest constant [elements] that is computed with: shapes, indices and pads are far smaller, most weights larger."""

_RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
_LIKE_FIRST_INPUT = frozenset({"GroupNormalization", "MeanVarianceNormalization"})
"""Operators whose result has their first operand's shape, for which ONNX offers no inference of its own."""
_KEEP_ELEMENTS = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"})
"""Operators whose result has as many elements as their first operand; ONNX's inference does not check `Reshape`."""


@dataclass
class Knowledge:
    """What is known of the tensors so far.

    `read` are those that a node reads or the network returns. `open_batch` is the batch where the file leaves it open,
    else 1.
    """

    shapes: dict[str, Shape] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    values: dict[str, NDArray[Any]] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    stored: dict[str, Any] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    folder: str = ""
    open_batch: int = 1

    def add_constant(self, name: str, tensor: onnx.TensorProto) -> None:
        """Take a stored constant in; its value too, if it is at hand and small."""
        self.constants.add(name)
        self.stored[name] = tensor
        self.shapes[name] = tuple(tensor.dims)
        self.types[name] = tensor.data_type
        if prod(tensor.dims) > MAX_EVALUATED:
            return
        with suppress(NetworkError):  # whoever needs the value will ask for it
            values = read_values(tensor, self.folder)
            if values is not None:
                self.values[name] = values

    def add_value(self, name: str, value: NDArray[Any]) -> None:
        """Take a computed constant in."""
        import onnx

        self.shapes[name], self.values[name] = value.shape, value
        self.types[name] = onnx.helper.np_dtype_to_tensor_dtype(value.dtype)


def infer(
    model: onnx.ModelProto, nodes: Sequence[Node], inputs: Mapping[str, Shape], network: str, folder: str
) -> Knowledge:
    """Find the shape of every tensor. Stored constants that are not in the model are read from `folder`, if there.

    Raises
    ------
    NetworkError
        If a node has an operator or domain without a definition, operands that nothing makes, or no definite shapes.
    """
    read = frozenset((*(name for node in nodes for name in node.inputs), *(value.name for value in model.graph.output)))
    known = Knowledge(shapes=dict(inputs), read=read, folder=folder)
    for value in model.graph.input:
        kind = value.type.tensor_type
        known.types[value.name] = kind.elem_type
        if value.name in inputs and kind.shape.dim and not kind.shape.dim[0].HasField("dim_value"):
            known.open_batch = inputs[value.name][0]
    for tensor in model.graph.initializer:
        known.add_constant(tensor.name, tensor)
    opsets = opsets_of(model)
    unknown = [node for node in nodes if _definition(node, opsets) is None]
    refuse_unknown(unknown, network, f", version {opsets.get('', 0)}")
    for node, proto in zip(nodes, model.graph.node, strict=True):
        for name in node.present:
            if name not in known.shapes:
                raise NetworkError(f"operand must be made by an earlier node, got {name!r} ({node}, {network})")
        _visit(node, proto, known, opsets, network)
    return known


def opsets_of(model: onnx.ModelProto) -> dict[str, int]:
    """Return the version of each operator set that a model uses, by domain; the standard one has an empty name."""
    return {"" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in model.opset_import}


def _definition(node: Node, opsets: Mapping[str, int]) -> Any:
    """Return ONNX's definition of a node's operator, or None if there is none."""
    import onnx

    try:
        return onnx.defs.get_schema(node.operator, opsets.get(node.domain, 0), node.domain)
    except onnx.defs.SchemaError:
        return None


def _visit(node: Node, proto: onnx.NodeProto, known: Knowledge, opsets: Mapping[str, int], network: str) -> None:
    """Add a node's results: by evaluation if it is a small constant, else by ONNX's inference for its operator."""
    if node.operator == "Constant" and "value" in node.attributes:
        known.add_constant(node.outputs[0], node.attributes["value"])
        return
    inferred = _infer_types(node, proto, known, opsets, network)
    if node.operator in SHAPE_OPERATORS:
        known.constants.add(node.outputs[0])
        known.add_value(node.outputs[0], evaluate_shape(node, known.shapes[node.inputs[0]]))
    elif node.operator not in _RANDOM and all(name in known.constants for name in node.present):
        known.constants.update(name for name in node.outputs if name)
        if all(shape is None or prod(shape) <= MAX_EVALUATED for shape, _ in inferred.values()):
            for name, value in evaluate(node, proto, known.values, opsets).items():
                known.add_value(name, value)
    for name, (shape, kind) in inferred.items():
        if name not in known.shapes and shape is not None:
            known.shapes[name], known.types[name] = shape, kind
    if node.operator in _KEEP_ELEMENTS:
        _check_elements(node, known, network)
    for name in node.outputs:
        if name in known.read and name not in known.shapes:
            refuse_unknown([] if node.operator in known_operators() else [node], network)
            raise NetworkError(f"shape must follow from the operands, got none for {name!r} ({node}, {network})")
        if name in known.shapes and name not in known.constants and prod(known.shapes[name]) == 0:
            raise NetworkError(
                f"result must have elements, got shape {known.shapes[name]} for {name!r} ({node}, {network})"
            )


def _check_elements(node: Node, known: Knowledge, network: str) -> None:
    """Refuse a result that has more or fewer elements than the operand that it is made of."""
    before, after = known.shapes[node.inputs[0]], known.shapes.get(node.outputs[0])
    if after is None or prod(before) == prod(after):
        return
    rule = f"result must have the {prod(before)} elements of shape {before}, got shape {after} ({node}, {network})"
    raise NetworkError(f"{rule}{_batch_hint(known)}")


def _batch_hint(known: Knowledge) -> str:
    """Say what may be wrong at a batch above 1: shapes that the file holds as constants, made for one image."""
    if known.open_batch == 1:
        return ""
    return f"; a shape may fix the batch at 1: make a trace at batch 1 and run it with --batch {known.open_batch}"


def _infer_types(
    node: Node, proto: onnx.NodeProto, known: Knowledge, opsets: Mapping[str, int], network: str
) -> dict[str, tuple[Shape | None, int]]:
    """Ask ONNX for the shape (None if it is open) and the element type of each result."""
    import onnx

    types = {name: onnx.helper.make_tensor_type_proto(known.types[name], known.shapes[name]) for name in node.present}
    data = {name: onnx.numpy_helper.from_array(known.values[name]) for name in node.present if name in known.values}
    imports = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    schema = _definition(node, opsets)
    try:
        inferred = onnx.shape_inference.infer_node_outputs(schema, proto, types, data, opset_imports=imports)
    except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError) as error:
        reason = printable((str(error).strip().splitlines() or [repr(error)])[0])
        rule = f"operands must fit the operator, got {reason} ({node}, {network})"
        raise NetworkError(f"{rule}{_batch_hint(known)}") from error
    found = {name: (_definite(kind.tensor_type), kind.tensor_type.elem_type) for name, kind in inferred.items() if name}
    if node.operator in _LIKE_FIRST_INPUT:
        first = node.inputs[0]
        found[node.outputs[0]] = (known.shapes[first], known.types[first])
    return found


def _definite(kind: onnx.TypeProto.Tensor) -> Shape | None:
    """Return a shape that is known in all dimensions, or None."""
    if not kind.HasField("shape") or not all(dim.HasField("dim_value") for dim in kind.shape.dim):
        return None
    return tuple(dim.dim_value for dim in kind.shape.dim)
