"""Element-wise operators."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import pi, sqrt

import numpy as np

from lpasim.networks.execution.blocks import in_blocks
from lpasim.networks.execution.erf import erf_into
from lpasim.networks.execution.registry import Array, Operands, Results, executes, optional
from lpasim.networks.graph import Node

_SELU_ALPHA = 1.67326319217681884765625
_SELU_GAMMA = 1.05070102214813232421875
"""Defaults of `Selu` in the ONNX standard."""

_UNARY: dict[str, Callable[[Array], Array]] = {
    "Abs": np.abs,
    "Ceil": np.ceil,
    "Cos": np.cos,
    "Exp": np.exp,
    "Floor": np.floor,
    "IsNaN": np.isnan,
    "Log": np.log,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Reciprocal": np.reciprocal,
    "Round": np.rint,
    "Sign": np.sign,
    "Sin": np.sin,
    "Sqrt": np.sqrt,
    "Tanh": np.tanh,
}
_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "And": np.logical_and,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Mul": np.multiply,
    "Or": np.logical_or,
    "Sub": np.subtract,
    "Xor": np.logical_xor,
}
_MANY: dict[str, Callable[[Array, Array], Array]] = {"Max": np.maximum, "Min": np.minimum, "Sum": np.add}


@executes(*_UNARY)
def unary(node: Node, operands: Operands) -> Results:
    """Apply a function that NumPy has."""
    return (np.asarray(_UNARY[node.operator](operands[0])),)


@executes(*_BINARY)
def binary(node: Node, operands: Operands) -> Results:
    """Combine two tensors, broadcast to each other."""
    return (np.asarray(_BINARY[node.operator](operands[0], operands[1])),)


@executes(*_MANY)
def many(node: Node, operands: Operands) -> Results:
    """Combine any number of tensors."""
    return (np.asarray(reduce(_MANY[node.operator], operands)),)


@executes("Div")
def div(node: Node, operands: Operands) -> Results:
    """Divide; whole numbers are rounded towards zero."""
    first, second = operands
    if np.issubdtype(first.dtype, np.integer):
        inexact = np.remainder(first, second) != 0
        return (np.asarray(first // second + (inexact & ((first < 0) != (second < 0)))).astype(first.dtype),)
    return (np.asarray(first / second),)


@executes("Mod")
def mod(node: Node, operands: Operands) -> Results:
    """Return the rest of a division, with the sign of the divisor, or of the dividend if `fmod` is set."""
    return (np.asarray((np.fmod if node.attribute("fmod", 0) else np.remainder)(*operands)),)


@executes("Pow")
def power(node: Node, operands: Operands) -> Results:
    """Raise to a power; the result has the base's type."""
    base, exponent = operands
    if exponent.size == 1 and exponent.reshape(-1)[0] == 2:
        return (np.square(base) if exponent.ndim <= base.ndim else np.asarray(base**exponent, dtype=base.dtype),)
    return (np.asarray(np.power(base, exponent), dtype=base.dtype),)


@executes("Relu")
def relu(node: Node, operands: Operands) -> Results:
    """Replace negative values by zero."""
    x = operands[0]
    return (np.clip(x, 0, np.inf if np.issubdtype(x.dtype, np.floating) else None),)  # two bounds take the fast path


@executes("Clip")
def clip(node: Node, operands: Operands) -> Results:
    """Limit to a range, given by operands or, in old files, by attributes."""
    x = operands[0]
    low, high = optional(operands, 1), optional(operands, 2)
    low = node.attribute("min", None) if low is None else low
    high = node.attribute("max", None) if high is None else high
    return (np.clip(x, low, high),)


@executes("LeakyRelu")
def leaky_relu(node: Node, operands: Operands) -> Results:
    """Shrink negative values."""
    return (np.where(operands[0] < 0, operands[0] * _number(node, "alpha", 0.01), operands[0]),)


@executes("PRelu")
def prelu(node: Node, operands: Operands) -> Results:
    """Scale negative values by a second operand."""
    x, slope = operands
    return (np.where(x < 0, x * slope, x),)


@executes("ThresholdedRelu")
def thresholded_relu(node: Node, operands: Operands) -> Results:
    """Replace values up to a threshold by zero."""
    x = operands[0]
    return (np.where(x > _number(node, "alpha", 1.0), x, x.dtype.type(0)),)


@executes("Elu", "Celu", "Selu")
def exponential_units(node: Node, operands: Operands) -> Results:
    """Let negative values saturate exponentially."""
    x = operands[0]
    alpha = _number(node, "alpha", _SELU_ALPHA if node.operator == "Selu" else 1.0)
    below = np.minimum(x, 0)
    y = alpha * np.expm1(below / alpha if node.operator == "Celu" else below) + np.maximum(x, 0)
    return (y * _number(node, "gamma", _SELU_GAMMA) if node.operator == "Selu" else y,)


@executes("Erf")
def erf(node: Node, operands: Operands) -> Results:
    """Compute the error function."""
    return (in_blocks(erf_into, operands[0]),)


@executes("Gelu")
def gelu(node: Node, operands: Operands) -> Results:
    """Weight values with the normal distribution, exactly or through tanh."""
    through_tanh = node.text("approximate", "none") == "tanh"

    def chain(x: Array, y: Array) -> None:
        if through_tanh:
            np.tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x), out=y)
        else:
            erf_into(x * sqrt(0.5), y)
        y += 1
        y *= x
        y *= 0.5

    return (in_blocks(chain, operands[0]),)


@executes("Sigmoid")
def sigmoid(node: Node, operands: Operands) -> Results:
    """Compute the logistic function."""
    return (in_blocks(_sigmoid_into, operands[0]),)


@executes("Swish")
def swish(node: Node, operands: Operands) -> Results:
    """Weight values with their logistic function."""
    alpha = node.attribute("alpha", 1.0)

    def chain(x: Array, y: Array) -> None:
        _sigmoid_into(x * alpha, y)
        y *= x

    return (in_blocks(chain, operands[0]),)


@executes("HardSigmoid", "HardSwish")
def hard_sigmoid(node: Node, operands: Operands) -> Results:
    """Approximate the logistic function by a ramp; `HardSwish` weights the values with it."""
    swishes = node.operator == "HardSwish"
    slope, offset = (1 / 6, 0.5) if swishes else (node.attribute("alpha", 0.2), node.attribute("beta", 0.5))

    def chain(x: Array, y: Array) -> None:
        np.multiply(x, slope, out=y)
        y += offset
        np.clip(y, 0, 1, out=y)
        if swishes:
            y *= x

    return (in_blocks(chain, operands[0]),)


@executes("Softplus", "Softsign", "Mish")
def soft(node: Node, operands: Operands) -> Results:
    """Compute smooth relatives of the rectifier and the sign."""
    x = operands[0]
    if node.operator == "Softsign":
        return (x / (1 + np.abs(x)),)
    softplus = np.logaddexp(x, x.dtype.type(0))
    return (softplus if node.operator == "Softplus" else x * np.tanh(softplus),)


@executes("Where")
def where(node: Node, operands: Operands) -> Results:
    """Choose between two tensors."""
    condition, chosen, other = (np.asarray(operand) for operand in operands)
    return (np.where(condition, chosen, other),)


def _sigmoid_into(x: Array, y: Array) -> None:
    np.negative(x, out=y)
    np.exp(y, out=y)
    y += 1
    np.reciprocal(y, out=y)


def _number(node: Node, name: str, default: float) -> float:
    return float(node.attribute(name, default))
