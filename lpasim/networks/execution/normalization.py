"""Normalizations."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.execution.blocks import BLOCK_ELEMENTS
from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node


@executes("BatchNormalization")
def batch_normalization(node: Node, operands: Operands) -> Results:
    """Scale and shift each channel by stored statistics.

    Raises
    ------
    NetworkError
        If the node trains, or normalizes each position by itself, as old files may.
    """
    if node.attribute("training_mode", 0):
        raise NetworkError(f"training_mode must be 0, got 1 ({node})")
    if not node.attribute("spatial", 1):
        raise NetworkError(f"spatial must be 1, got 0 ({node})")
    x, scale, shift, mean, variance = operands
    factor = scale / np.sqrt(variance + variance.dtype.type(node.attribute("epsilon", 1e-5)))
    return (_scaled_and_shifted(node, x, factor, shift - mean * factor),)


def _scaled_and_shifted(node: Node, x: Array, scale: Array, shift: Array) -> Array:
    """Return x * scale + shift with one scale and one shift a channel (axis 1)."""
    if x.ndim < 2:
        raise NetworkError(f"operand of {node.operator} must have channels, got shape {x.shape} ({node})")
    result = np.empty(x.shape, dtype=x.dtype)
    inner = (slice(None), *(None,) * (x.ndim - 2))
    block = max(1, BLOCK_ELEMENTS // prod(x.shape[2:]))
    for image, first in product(range(x.shape[0]), range(0, x.shape[1], block)):
        channels = slice(first, first + block)
        part = result[image, channels]
        np.multiply(x[image, channels], scale[channels][inner], out=part)
        part += shift[channels][inner]
    return result


@executes("LayerNormalization")
def layer_normalization(node: Node, operands: Operands) -> Results:
    """Bring the trailing axes to mean 0 and variance 1, then scale and shift; returns both as well."""
    x, scale = operands[:2]
    axes = _trailing(node, x)
    mean = x.mean(axis=axes, keepdims=True)
    centred = x - mean
    inverse = 1 / np.sqrt(_mean_square(centred, axes) + x.dtype.type(node.attribute("epsilon", 1e-5)))
    centred *= inverse
    return (_affine(centred, scale, optional(operands, 2)), mean, inverse)


@executes("RMSNormalization")
def rms_normalization(node: Node, operands: Operands) -> Results:
    """Divide the trailing axes by their root mean square, then scale."""
    x, scale = operands
    deviation = np.sqrt(_mean_square(x, _trailing(node, x)) + x.dtype.type(node.attribute("epsilon", 1e-5)))
    return (_affine(x / deviation, scale, None),)


@executes("InstanceNormalization")
def instance_normalization(node: Node, operands: Operands) -> Results:
    """Normalize each image and channel by itself, then scale and shift each channel."""
    x, scale, shift = operands
    axes = tuple(range(2, x.ndim))
    centred = x - x.mean(axis=axes, keepdims=True)
    centred /= np.sqrt(_mean_square(centred, axes) + x.dtype.type(node.attribute("epsilon", 1e-5)))
    return (_scaled_and_shifted(node, centred, scale, shift),)


@executes("Softmax", "LogSoftmax")
def softmax(node: Node, operands: Operands) -> Results:
    """Turn the values along one axis into probabilities, or their logarithms."""
    x, axis = operands[0], int(node.attribute("axis", -1))
    y = x - x.max(axis=axis, keepdims=True)
    if node.operator == "LogSoftmax":
        y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
        return (y,)
    np.exp(y, out=y)
    y *= 1 / y.sum(axis=axis, keepdims=True)
    return (y,)


@executes("Softmax", "LogSoftmax", before=13)
def softmax_of_rows(node: Node, operands: Operands) -> Results:
    """Do the same to all values from one axis on together: the operand is seen as a matrix, row by row."""
    x, axis = operands[0], int(node.attribute("axis", 1))
    rows = x.reshape(prod(x.shape[:axis]), -1)
    (y,) = softmax(replace(node, attributes={"axis": -1}), (rows,))
    return (y.reshape(x.shape),)


def _trailing(node: Node, x: Array) -> tuple[int, ...]:
    """Return the axes that are normalized together."""
    return tuple(range(int(node.attribute("axis", -1)) % x.ndim, x.ndim))


def _mean_square(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the mean of the squares, without a second array of them where one axis is the last."""
    if axes == (x.ndim - 1,):
        return np.asarray(np.vecdot(x, x)[..., None] / x.dtype.type(x.shape[-1]))
    return np.asarray(np.square(x).mean(axis=axes, keepdims=True))


def _affine(fresh: Array, scale: Array, shift: Array | None) -> Array:
    """Scale and shift an array that nobody else holds."""
    fresh *= scale
    if shift is not None:
        fresh += shift
    return fresh
