"""Matrix products in float32."""

from __future__ import annotations

import numpy as np

from lpasim.networks.execution.registry import Operands, Results, executes, optional
from lpasim.networks.graph import Node


@executes("Gemm", product=True)
def gemm(node: Node, operands: Operands) -> Results:
    """Multiply two matrices, either transposed on request, and add a third."""
    first, second = operands[:2]
    left = first.T if node.attribute("transA", 0) else first
    right = second.T if node.attribute("transB", 0) else second
    y = left @ right
    alpha, beta = np.asarray([node.attribute("alpha", 1.0), node.attribute("beta", 1.0)], dtype=y.dtype)
    if alpha != 1:
        y *= alpha
    added = optional(operands, 2)
    if added is not None and beta != 0:
        y += added if beta == 1 else beta * added
    return (y,)


@executes("MatMul", product=True)
def matmul(node: Node, operands: Operands) -> Results:
    """Multiply stacks of matrices; a stack on the left of one matrix is one large matrix."""
    first, second = operands
    if first.ndim > 2 and second.ndim == 2:
        y = first.reshape(-1, first.shape[-1]) @ second
        return (y.reshape(*first.shape[:-1], second.shape[-1]),)
    return (np.asarray(first @ second),)


@executes("Einsum", product=True)
def einsum(node: Node, operands: Operands) -> Results:
    """Sum products of elements over named indices."""
    return (np.asarray(np.einsum(node.text("equation", ""), *operands, optimize=True)),)
