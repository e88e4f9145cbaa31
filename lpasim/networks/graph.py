"""A network as a graph: nodes in the order of execution, and the shape of every tensor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.roles import BatchNorm, Role

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of the graph. `inputs` may hold empty names: optional operands that are left out."""

    name: str
    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        domain = f"{self.domain}." if self.domain else ""
        return f"node {self.name!r}, operator {domain}{self.operator}"

    def attribute(self, name: str, default: Any) -> Any:
        """Return an attribute, or its default where the node leaves it out."""
        return self.attributes.get(name, default)

    def text(self, name: str, default: str) -> str:
        """Return an attribute that is a text, or its default where the node leaves it out."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def input(self, index: int) -> str:
        """Return the name of an operand, empty where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def other_input(self, operand: str) -> str:
        """Return the other operand of a node that has two."""
        return self.inputs[1] if self.inputs[0] == operand else self.inputs[0]

    @property
    def present(self) -> tuple[str, ...]:
        """The operands that are there."""
        return tuple(name for name in self.inputs if name)


@dataclass(frozen=True)
class Network:
    """A network whose shapes are all known.

    Attributes
    ----------
    name : str
        The built-in network, or the path of the file, as messages name it.
    inputs : Mapping
        Name and shape of every input.
    outputs : tuple of str
        Names of the results.
    nodes : tuple of Node
        In the order of execution.
    shapes : Mapping
        Shape of every tensor.
    constants : frozenset of str
        Tensors that do not depend on the inputs: weights, and what is computed from them and from shapes.
    values : Mapping
        Values of the constants that are small enough to be computed with.
    weights : Mapping
        Stored constants by name, as ONNX TensorProto; their data may be absent.
    batch : int
        Size of the batch dimension.
    opset : int
        Version of the standard operator set, which decides what some operators mean.
    folder : str
        Where the files with the weights' data lie, if they are not in the network's own.
    batchnorm : str
        What the compiler does with batch normalizations that weights could hold: "fold" or "ppu".
    """

    name: str
    inputs: Mapping[str, Shape]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    shapes: Mapping[str, Shape]
    constants: frozenset[str]
    values: Mapping[str, NDArray[Any]]
    weights: Mapping[str, Any]
    batch: int
    opset: int
    folder: str = ""
    batchnorm: BatchNorm = "fold"

    @cached_property
    def makers(self) -> Mapping[str, Node]:
        """The node that computes each tensor."""
        return {output: node for node in self.nodes for output in node.outputs}

    @cached_property
    def readers(self) -> Mapping[str, int]:
        """How many nodes read each tensor; the outside world, which reads the results, counts as one."""
        counts = Counter(self.outputs)
        for node in self.nodes:
            counts.update(set(node.present))
        return counts

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Roles of the nodes that were asked for so far, by node name; `role_of` keeps them here."""
        return {}

    def shape(self, tensor: str) -> Shape:
        """Return a tensor's shape."""
        return self.shapes[tensor]

    def keeps_shape(self, node: Node, operand: str) -> bool:
        """Whether a node's first result has the shape of one of its operands."""
        return self.shape(node.outputs[0]) == self.shape(operand)

    def size(self, tensor: str) -> int:
        """Return a tensor's number of elements."""
        return prod(self.shapes[tensor])

    def value(self, tensor: str, node: Node) -> NDArray[Any]:
        """Return the value of a small constant that decides a node's geometry.

        Raises
        ------
        NetworkError
            If the value is not known before the network runs.
        """
        if tensor not in self.values:
            raise NetworkError(
                f"operand {tensor!r} must be a constant that the file holds, got a computed one ({node}, {self.name})"
            )
        return np.asarray(self.values[tensor])
