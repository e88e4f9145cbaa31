"""Execution of networks in float32, with hooks through which products and tensors can be replaced.

A function takes a node and its operands and returns its results; there is one file a family. To add an operator, write
a function, decorate it with `executes`, and import its module here.
"""

from lpasim.networks.execution import (
    convolution,
    elementwise,
    movement,
    normalization,
    pooling,
    product,
    reduction,
    resize,
)
from lpasim.networks.execution.executor import Executor, Passage, ProductHook, StoredHook
from lpasim.networks.execution.registry import executable_operators, executes

__all__ = [
    "Executor",
    "Passage",
    "ProductHook",
    "StoredHook",
    "convolution",
    "elementwise",
    "executable_operators",
    "executes",
    "movement",
    "normalization",
    "pooling",
    "product",
    "reduction",
    "resize",
]
