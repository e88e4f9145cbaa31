"""Resizing by picking the nearest element."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node

_PLACES: dict[str, Callable[[Array, float, int, int], Array]] = {
    "asymmetric": lambda place, scale, size, out: place / scale,
    "half_pixel": lambda place, scale, size, out: (place + 0.5) / scale - 0.5,
    "pytorch_half_pixel": lambda place, scale, size, out: (place + 0.5) / scale - 0.5 if out > 1 else place * 0,
    "align_corners": lambda place, scale, size, out: place * (size - 1) / (out - 1) if out > 1 else place * 0,
}
_ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda place: np.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: np.floor(place + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


@executes("Resize")
def resize(node: Node, operands: Operands) -> Results:
    """Pick the nearest element for each place of the result.

    Raises
    ------
    NetworkError
        If the node interpolates, or places the elements in a way that is not known here.
    """
    x = operands[0]
    settings = {
        name: node.text(name, default)
        for name, default in (
            ("mode", "nearest"),
            ("coordinate_transformation_mode", "half_pixel"),
            ("nearest_mode", "round_prefer_floor"),
        )
    }
    mode, places, rounding = settings.values()
    if mode != "nearest" or places not in _PLACES or node.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise NetworkError(f"resizing must pick nearest elements and stretch, got {settings} ({node})")
    result = x
    for axis, scale, out in _targets(node, operands):
        if out != x.shape[axis] or scale != 1:
            place = _PLACES[places](np.arange(out, dtype=np.float64), scale, x.shape[axis], out)
            nearest = _ROUNDINGS[rounding](place).astype(np.int64)
            result = np.take(result, np.clip(nearest, 0, x.shape[axis] - 1), axis=axis)
    return (result,)


@executes("Resize", before=11)
def early_resize(node: Node, operands: Operands) -> Results:
    """Refuse to guess.

    Raises
    ------
    NetworkError
        Always: before version 11 the standard does not say which element is the nearest.
    """
    raise NetworkError(f"resizing must be of operator set 11 or later, got an earlier one ({node})")


def _targets(node: Node, operands: Operands) -> list[tuple[int, float, int]]:
    """Return axis, scale and size of the result for each axis that the node names."""
    x = operands[0]
    scales = optional(operands, 2)
    sizes = optional(operands, 3)
    axes = [int(axis) % x.ndim for axis in node.attribute("axes", range(x.ndim))]
    if sizes is not None and sizes.size:
        return [(axis, int(size) / x.shape[axis], int(size)) for axis, size in zip(axes, sizes, strict=True)]
    if scales is None or not scales.size:
        raise NetworkError(f"resizing must have scales or sizes, got none ({node})")
    return [
        (axis, float(scale), int(np.floor(x.shape[axis] * float(scale))))
        for axis, scale in zip(axes, scales, strict=True)
    ]
