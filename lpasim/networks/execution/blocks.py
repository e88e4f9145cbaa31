"""Working through a large array piece by piece, so that a chain of operations finds it in the cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lpasim.networks.execution.registry import Array

BLOCK_ELEMENTS = 65536
"""Elements that are worked on at a time: with the operands and results of a chain they fit in a core's cache."""


def in_blocks(chain: Callable[[Array, Array], None], x: Array) -> Array:
    """Apply a chain of element-wise operations.

    Parameters
    ----------
    chain : callable
        Takes a part of the operand and the part of the result to fill, both flat.
    x : ndarray
        The operand, of any shape.

    Returns
    -------
    ndarray
        The results, in the operand's shape and type.
    """
    source = np.ascontiguousarray(x).reshape(-1)
    result = np.empty_like(source)
    for start in range(0, source.size, BLOCK_ELEMENTS):
        part = slice(start, start + BLOCK_ELEMENTS)
        chain(source[part], result[part])
    return result.reshape(x.shape)
