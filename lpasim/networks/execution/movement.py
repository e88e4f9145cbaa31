"""Operators that move data without computing. Results are views where NumPy can give one."""

from __future__ import annotations

from math import prod

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node

_PAD_MODES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


@executes("Identity")
def identity(node: Node, operands: Operands) -> Results:
    """Pass everything on."""
    return (operands[0],)


@executes("Dropout")
def dropout(node: Node, operands: Operands) -> Results:
    """Pass everything on, as inference does; the mask keeps all.

    Raises
    ------
    NetworkError
        If the node trains.
    """
    training = optional(operands, 2)
    if training is not None and training.any():
        raise NetworkError(f"training_mode must be false, got true ({node})")
    return operands[0], np.ones(operands[0].shape, dtype=np.bool_)


@executes("Reshape")
def reshape(node: Node, operands: Operands) -> Results:
    """Give the same elements another shape; a size 0 keeps the operand's, -1 is what remains."""
    x, wanted = operands
    copies = not node.attribute("allowzero", 0)
    shape = [x.shape[axis] if size == 0 and copies else int(size) for axis, size in enumerate(wanted)]
    return (x.reshape(shape),)


@executes("Flatten")
def flatten(node: Node, operands: Operands) -> Results:
    """Merge the axes before and from one axis on."""
    x, axis = operands[0], int(node.attribute("axis", 1))
    return (x.reshape(prod(x.shape[:axis]), -1),)


@executes("Squeeze")
def squeeze(node: Node, operands: Operands) -> Results:
    """Drop axes of size 1."""
    x = operands[0]
    axes = _axes(node, operands)
    return (x.squeeze() if axes is None else x.squeeze(axes),)


@executes("Unsqueeze")
def unsqueeze(node: Node, operands: Operands) -> Results:
    """Insert axes of size 1."""
    return (np.expand_dims(operands[0], _axes(node, operands) or ()),)


@executes("Cast", "CastLike")
def cast(node: Node, operands: Operands) -> Results:
    """Change the element type."""
    if node.operator == "CastLike":
        return (operands[0].astype(operands[1].dtype),)
    import onnx

    return (operands[0].astype(onnx.helper.tensor_dtype_to_np_dtype(node.attribute("to", onnx.TensorProto.FLOAT))),)


@executes("Transpose")
def transpose(node: Node, operands: Operands) -> Results:
    """Put the axes in another order, the reverse one if none is given."""
    return (operands[0].transpose(node.attribute("perm", None)),)


@executes("DepthToSpace")
def depth_to_space(node: Node, operands: Operands) -> Results:
    """Spread channels over blocks of positions."""
    x, block = operands[0], int(node.attribute("blocksize", 1))
    batch, channels, height, width = x.shape
    depth = channels // block**2
    if node.text("mode", "DCR") == "DCR":
        spread = x.reshape(batch, block, block, depth, height, width).transpose(0, 3, 4, 1, 5, 2)
    else:
        spread = x.reshape(batch, depth, block, block, height, width).transpose(0, 1, 4, 2, 5, 3)
    return (spread.reshape(batch, depth, height * block, width * block),)


@executes("SpaceToDepth")
def space_to_depth(node: Node, operands: Operands) -> Results:
    """Stack blocks of positions as channels."""
    x, block = operands[0], int(node.attribute("blocksize", 1))
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels, height // block, block, width // block, block).transpose(0, 3, 5, 1, 2, 4)
    return (blocks.reshape(batch, channels * block**2, height // block, width // block),)


@executes("Expand")
def expand(node: Node, operands: Operands) -> Results:
    """Repeat axes of size 1 until the operand has the wanted shape, or one that holds it."""
    x, wanted = operands
    return (np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(int(size) for size in wanted))),)


@executes("Tile")
def tile(node: Node, operands: Operands) -> Results:
    """Repeat the whole operand along each axis."""
    return (np.tile(operands[0], tuple(int(count) for count in operands[1])),)


@executes("Concat")
def concat(node: Node, operands: Operands) -> Results:
    """Put tensors side by side."""
    return (np.concatenate(operands, axis=int(node.attribute("axis", 1))),)


@executes("Split")
def split(node: Node, operands: Operands) -> Results:
    """Cut into parts: of given sizes, or equal ones, the last of which may be smaller."""
    x, given = operands[0], optional(operands, 1)
    axis = int(node.attribute("axis", 0))
    sizes = [int(size) for size in (node.attribute("split", ()) if given is None else given)]
    if not sizes:
        count = len(node.outputs)
        sizes = [-(-x.shape[axis] // count)] * count
    return tuple(np.split(x, np.cumsum(sizes)[:-1], axis=axis))


@executes("Slice")
def slice_axes(node: Node, operands: Operands) -> Results:
    """Take a stretch of some axes, in steps; old files hold the bounds as attributes."""
    x = operands[0]
    bounds: Operands = tuple(node.attribute(name, None) for name in ("starts", "ends", "axes"))
    starts, ends, axes, steps = (*(operands[1:] or bounds), None, None)[:4]
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x.shape[int(axis)]
        index[int(axis)] = _stretch(int(start), int(end), int(step), size)
    return (x[tuple(index)],)


def _stretch(start: int, end: int, step: int, size: int) -> slice:
    """Return a slice with the bounds clamped as ONNX wants it; a negative step may run down to the first element."""
    start, end = (bound + size if bound < 0 else bound for bound in (start, end))
    if step > 0:
        return slice(min(max(start, 0), size), min(max(end, 0), size), step)
    start, end = min(max(start, 0), size - 1), min(max(end, -1), size - 1)
    return slice(start, None if end < 0 else end, step)


@executes("Gather")
def gather(node: Node, operands: Operands) -> Results:
    """Pick parts along one axis; one part is a view."""
    x, indices = operands
    axis = int(node.attribute("axis", 0)) % x.ndim
    if indices.ndim == 0:
        return (x[(*(slice(None),) * axis, int(indices))],)
    return (np.take(x, indices, axis=axis),)


@executes("GatherElements")
def gather_elements(node: Node, operands: Operands) -> Results:
    """Pick single elements along one axis."""
    x, indices = operands
    axis = int(node.attribute("axis", 0))
    return (np.take_along_axis(x, np.where(indices < 0, indices + x.shape[axis], indices), axis=axis),)


@executes("Pad")
def pad(node: Node, operands: Operands) -> Results:
    """Surround with a constant or with neighbours; negative amounts cut off. Old files have an attribute for them."""
    x, given, value, axes = operands[0], optional(operands, 1), optional(operands, 2), optional(operands, 3)
    amounts = [int(amount) for amount in (node.attribute("pads", ()) if given is None else given)]
    half = len(amounts) // 2
    chosen = [int(axis) % x.ndim for axis in (range(half) if axes is None else axes)]
    widths = [(0, 0)] * x.ndim
    for axis, before, after in zip(chosen, amounts[:half], amounts[half:], strict=True):
        widths[axis] = (before, after)
    kept = x[
        tuple(
            slice(max(-before, 0), size - max(-after, 0)) for size, (before, after) in zip(x.shape, widths, strict=True)
        )
    ]
    added = [(max(before, 0), max(after, 0)) for before, after in widths]
    mode = node.text("mode", "constant")
    if mode != "constant":
        return (np.pad(kept, added, mode=_PAD_MODES[mode]),)  # type: ignore[call-overload]
    fill = node.attribute("value", 0.0) if value is None else value.reshape(-1)[0]
    result = np.full([sum(pair, size) for size, pair in zip(kept.shape, added, strict=True)], fill, dtype=x.dtype)
    result[tuple(slice(before, before + size) for size, (before, _) in zip(kept.shape, added, strict=True))] = kept
    return (result,)


@executes("Constant")
def constant(node: Node, operands: Operands) -> Results:
    """Return numbers that an attribute holds."""
    for name, kind in (("value_float", np.float32), ("value_int", np.int64)):
        for attribute in (name, f"{name}s"):
            if attribute in node.attributes:
                return (np.asarray(node.attributes[attribute], dtype=kind),)
    raise NetworkError(f"constant must hold numbers, got {', '.join(node.attributes)} ({node})")


@executes("ConstantOfShape")
def constant_of_shape(node: Node, operands: Operands) -> Results:
    """Fill a shape with one value, zero if none is given."""
    shape = tuple(int(size) for size in operands[0])
    if "value" not in node.attributes:
        return (np.zeros(shape, dtype=np.float32),)
    import onnx

    value: Array = onnx.numpy_helper.to_array(node.attributes["value"])
    return (np.full(shape, value.reshape(-1)[0]),)


@executes("Shape")
def shape_of(node: Node, operands: Operands) -> Results:
    """Return the shape, or a stretch of it."""
    sizes = operands[0].shape[node.attribute("start", 0) : node.attribute("end", None)]
    return (np.array(sizes, dtype=np.int64),)


def _axes(node: Node, operands: Operands) -> tuple[int, ...] | None:
    """Return the axes that an operand or, in old files, an attribute gives."""
    given = optional(operands, 1)
    axes = node.attribute("axes", None) if given is None else given.reshape(-1)
    return None if axes is None else tuple(int(axis) for axis in axes)
