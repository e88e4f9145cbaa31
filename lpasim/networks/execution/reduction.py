"""Reductions along axes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node

Axes = tuple[int, ...]


def _log_sum_exp(x: Array, axis: Axes, keepdims: bool) -> Array:
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, x.dtype.type(0))
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return np.asarray(total if keepdims else total.squeeze(axis))


_REDUCTIONS: dict[str, Callable[[Array, Axes, bool], Array]] = {
    "ReduceL1": lambda x, axis, keepdims: np.abs(x).sum(axis=axis, keepdims=keepdims, dtype=x.dtype),
    "ReduceL2": lambda x, axis, keepdims: np.sqrt(np.square(x).sum(axis=axis, keepdims=keepdims)),
    "ReduceLogSum": lambda x, axis, keepdims: np.log(x.sum(axis=axis, keepdims=keepdims)),
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceMax": lambda x, axis, keepdims: x.max(axis=axis, keepdims=keepdims),
    "ReduceMean": lambda x, axis, keepdims: x.mean(axis=axis, keepdims=keepdims, dtype=x.dtype),
    "ReduceMin": lambda x, axis, keepdims: x.min(axis=axis, keepdims=keepdims),
    "ReduceProd": lambda x, axis, keepdims: x.prod(axis=axis, keepdims=keepdims, dtype=x.dtype),
    "ReduceSum": lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims, dtype=x.dtype),
    "ReduceSumSquare": lambda x, axis, keepdims: np.square(x).sum(axis=axis, keepdims=keepdims, dtype=x.dtype),
}


@executes(*_REDUCTIONS)
def reduction(node: Node, operands: Operands) -> Results:
    """Reduce along axes that an operand or, in old files, an attribute gives; along all if nothing does."""
    x, given = operands[0], optional(operands, 1)
    named = node.attribute("axes", ()) if given is None else given.reshape(-1)
    axes = tuple(int(axis) % x.ndim for axis in named)
    if not axes and node.attribute("noop_with_empty_axes", 0):
        return (x,)
    keepdims = bool(node.attribute("keepdims", 1))
    return (np.asarray(_REDUCTIONS[node.operator](x, axes or tuple(range(x.ndim)), keepdims)),)


@executes("ArgMax", "ArgMin")
def arg(node: Node, operands: Operands) -> Results:
    """Find the place of the largest or smallest value along one axis."""
    x, axis = operands[0], int(node.attribute("axis", 0))
    find = np.argmax if node.operator == "ArgMax" else np.argmin
    if node.attribute("select_last_index", 0):
        places = x.shape[axis] - 1 - find(np.flip(x, axis), axis=axis)
    else:
        places = find(x, axis=axis)
    return (np.expand_dims(places, axis) if node.attribute("keepdims", 1) else np.asarray(places),)
