"""Matrix products: of activations and weights, or of two activations."""

from __future__ import annotations

from math import prod

from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.folding import runs_along
from lpasim.networks.operators.registry import handles
from lpasim.networks.roles import Matrix, Ppu, Product, Role


@handles("Gemm")
def gemm(node: Node, network: Network) -> Role:
    """Multiply two matrices; transposing is addressing, and alpha and beta are part of the layer's scale.

    A constant third operand of one value a column is the bias, which enters with the pass that takes the results out;
    any other is added in the post-processing unit.
    """
    first, second = node.input(0), node.input(1)
    rows, depth = _oriented(network.shape(first), bool(node.attribute("transA", 0)))
    _, cols = _oriented(network.shape(second), bool(node.attribute("transB", 0)))
    swapped = first in network.constants
    product = Product(1, cols, depth, rows) if swapped else Product(1, rows, depth, cols)
    columns = (0,) if swapped else (1,)
    bias, added = node.input(2), None
    if bias and node.attribute("beta", 1.0) != 0:
        is_bias = bias in network.constants and runs_along(network.shape(bias), 2, columns)
        added = None if is_bias else Ppu(rows * cols, (bias,), operator="Add")
    streamed, stationary = (second, first) if swapped else (first, second)
    return Matrix(product, streamed, stationary, columns, then=added)


@handles("MatMul")
def matmul(node: Node, network: Network) -> Role:
    """Multiply stacks of matrices.

    The second operand stays in the array, or the first one where it alone is constant (the product is then computed
    transposed). A stack that the stationary operand does not have is merged into the streamed rows.
    """
    first, second = (network.shape(name) for name in node.inputs)
    left = (1, *first) if len(first) == 1 else first
    right = (*second, 1) if len(second) == 1 else second
    rows, depth, cols = left[-2], left[-1], right[-1]
    stack = prod(_broadcast(left[:-2], right[:-2]))
    rank = len(network.shape(node.outputs[0]))
    if node.inputs[0] in network.constants:
        count = prod(left[:-2])
        columns = () if len(first) == 1 else (rank - 1,) if len(second) == 1 else (rank - 2,)
        return Matrix(Product(count, cols * stack // count, depth, rows), node.inputs[1], node.inputs[0], columns)
    count = prod(right[:-2])
    columns = () if len(second) == 1 else (rank - 1,)
    return Matrix(Product(count, rows * stack // count, depth, cols), node.inputs[0], node.inputs[1], columns)


def _oriented(shape: tuple[int, ...], transposed: bool) -> tuple[int, int]:
    return (shape[1], shape[0]) if transposed else (shape[0], shape[1])


def _broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    length = max(len(first), len(second))
    pairs = zip((1,) * (length - len(first)) + first, (1,) * (length - len(second)) + second, strict=True)
    return tuple(max(pair) for pair in pairs)
