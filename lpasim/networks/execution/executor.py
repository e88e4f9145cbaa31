"""Running a network node by node, with hooks through which its products and tensors can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.execution.registry import Array, Function, Operands, Results, implementation_of
from lpasim.networks.graph import Network, Node
from lpasim.networks.stored import read_values

OLDEST_OPSET = 7
"""Before it, `Add` and its kin broadcast as attributes say, and `BatchNormalization` may train."""
ProductHook = Callable[[Node, tuple[NDArray[Any] | None, ...]], NDArray[Any] | None]
"""Computes a matrix product from its operands, or returns None to have it done in floating point."""
StoredHook = Callable[[str, NDArray[Any]], NDArray[Any]]
"""Sees a tensor (name, values), and returns it or a replacement of the same shape. It must not change the values."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node with its function, whether it is a product, and the tensors that nobody reads after it."""

    node: Node
    function: Function
    is_product: bool
    finished: tuple[str, ...]


class Executor:
    """Computes a network's results in float32.

    Weights are read once, and what depends on them alone is computed once.

    Parameters
    ----------
    network : Network
        The network; it runs with the batch for which it was made.

    Raises
    ------
    NetworkError
        If an operator has no implementation, the data of a weight are missing, or the operator set is too old.
    """

    def __init__(self, network: Network) -> None:
        if network.opset < OLDEST_OPSET:
            rule = f"operator set must be of version {OLDEST_OPSET} or later for a network that runs"
            raise NetworkError(f"{rule}, got {network.opset} ({network.name})")
        self.network = network
        self._constants: dict[str, Array] = {}
        constant: list[Node] = []
        running: list[Node] = []
        for node in network.nodes:
            fixed = all(name in network.constants for name in node.outputs if name)
            (constant if fixed else running).append(node)
        for node in constant:
            self._compute_constant(node)
        implementations = [implementation_of(node, network) for node in running]
        for node in running:
            for name in node.present:
                if name in network.constants:
                    self.constant(name, str(node))
        finished = self._finished(running)
        self.steps = tuple(
            Step(node, implementation.function, implementation.is_product, finished[node.name])
            for node, implementation in zip(running, implementations, strict=True)
        )
        needed = {name for node in running for name in node.present} | set(network.outputs)
        self._constants = {name: value for name, value in self._constants.items() if name in needed}

    def run(
        self,
        inputs: Mapping[str, NDArray[Any]],
        *,
        product: ProductHook | None = None,
        stored: StoredHook | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Compute the network's results.

        Parameters
        ----------
        inputs : mapping
            Values of every input, in the shapes of `network.inputs`.
        product : callable, optional
            Asked for every Conv, ConvTranspose, Gemm, MatMul and Einsum that depends on the inputs: it gets the node
            and its operands in the order and layout of ONNX (None where one is left out), and returns the node's
            result, or None to have it computed in float32.
        stored : callable, optional
            Called with the name and the values of every input, and then of every tensor that a node makes, once it is
            made. What it returns takes the tensor's place for all readers. The values may be a view of another tensor.
            Tensors that depend on weights alone do not pass through it.

        Returns
        -------
        dict
            Values of every output, by name. Other tensors are dropped after their last reader.

        Raises
        ------
        NetworkError
            If an input is missing or too many, or an input, or a tensor that a hook or node made, has the wrong shape.
        """
        passage = self.start(inputs, stored=stored)
        passage.advance(product=product, stored=stored)
        return passage.results

    def start(self, inputs: Mapping[str, NDArray[Any]], *, stored: StoredHook | None = None) -> Passage:
        """Begin a run that is then taken on by hand; see `run` for the parameters and what it raises."""
        self._check_names(inputs)
        passage = Passage(self, dict(self._constants))
        for name, given in inputs.items():
            values = np.asarray(given)
            if values.dtype == np.float64:
                values = values.astype(np.float32)
            passage.keep(name, values, stored, "input")
        return passage

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that depend on the inputs, in the order of their execution."""
        return tuple(step.node for step in self.steps)

    def constant(self, name: str, reader: str = "constant") -> Array:
        """Return the values of a tensor that does not depend on the inputs; `reader` is for the message.

        Raises
        ------
        NetworkError
            If its data are missing.
        """
        if name not in self._constants:
            network = self.network
            stored = network.weights.get(name)
            value = network.values.get(name) if stored is None else read_values(stored, network.folder, network.name)
            if value is None:
                raise NetworkError(f"weights must have data, got none for {name!r} ({reader}, {network.name})")
            self._constants[name] = np.asarray(value)
        return self._constants[name]

    def _compute_constant(self, node: Node) -> None:
        """Make the results of a node that depends on weights alone known, if they are not stored."""
        network = self.network
        names = [name for name in node.outputs if name]
        if all(name in network.values or name in network.weights for name in names):
            return
        function = implementation_of(node, network).function
        operands = tuple(self.constant(name, str(node)) if name else None for name in node.inputs)
        with np.errstate(all="ignore"):
            results = function(node, operands)
        self._constants |= {name: value for name, value in zip(node.outputs, results, strict=False) if name}

    def _finished(self, running: list[Node]) -> dict[str, tuple[str, ...]]:
        """Return for each node the tensors that it is the last to read, or that it makes for nobody."""
        last = {name: node.name for node in running for name in (*node.outputs, *node.present)}
        finished: dict[str, tuple[str, ...]] = {node.name: () for node in running}
        for name, node_name in last.items():
            if name and name not in self.network.outputs:
                finished[node_name] += (name,)
        return finished

    def _check_names(self, inputs: Mapping[str, NDArray[Any]]) -> None:
        expected, got = sorted(self.network.inputs), sorted(inputs)
        if got != expected:
            raise NetworkError(f"inputs must be {expected}, got {got} ({self.network.name})")


class Passage:
    """A run under way: the tensors that later nodes read, and how many nodes are done.

    It can be copied, and each copy goes its own way from there on; `Executor.start` makes it.

    Attributes
    ----------
    tensors : dict
        Values of constants and of what is made so far, by name. Whoever runs the network may put another array of the
        same shape into a constant's place.
    done : int
        Nodes that are done, of `Executor.nodes`.
    """

    def __init__(self, executor: Executor, tensors: dict[str, Array], done: int = 0) -> None:
        self._executor, self.tensors, self.done = executor, tensors, done

    def copy(self) -> Passage:
        """Return a passage at the same place; the arrays are shared, and no one changes them."""
        return Passage(self._executor, dict(self.tensors), self.done)

    def resume(self, done: int, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Go on behind so many nodes, with what they made and later nodes read, as an earlier passage left it."""
        network = self._executor.network
        fixed = {name: value for name, value in self.tensors.items() if name in network.constants}
        self.tensors, self.done = {**fixed, **tensors}, done

    def advance(
        self, until: int | None = None, *, product: ProductHook | None = None, stored: StoredHook | None = None
    ) -> None:
        """Run on until so many nodes are done, by default all; see `Executor.run` for the hooks and what it raises."""
        steps = self._executor.steps
        for step in steps[self.done : len(steps) if until is None else until]:
            operands = tuple(self.tensors[name] if name else None for name in step.node.inputs)
            results = _results(step, operands, product)
            del operands
            for name, values in zip(step.node.outputs, results, strict=False):
                if name:
                    self.keep(name, values, stored, str(step.node))
            del results
            for name in step.finished:
                self.tensors.pop(name, None)
            self.done += 1

    @property
    def results(self) -> dict[str, NDArray[Any]]:
        """Values of the network's outputs, once all nodes are done."""
        return {name: self.tensors[name] for name in self._executor.network.outputs}

    def keep(self, name: str, values: Array, stored: StoredHook | None, maker: str) -> None:
        """Check a new tensor's shape, show it to the hook and keep what comes back."""
        self._check_shape(name, values, maker)
        if stored is not None:
            values = stored(name, values)
            self._check_shape(name, values, f"hook after {maker}")
        self.tensors[name] = values

    def _check_shape(self, name: str, values: Array, maker: str) -> None:
        network = self._executor.network
        expected = network.shapes.get(name, values.shape)
        if values.shape != expected:
            place = f"{maker}, {network.name}"
            raise NetworkError(f"tensor {name!r} must have shape {expected}, got {values.shape} ({place})")


def _results(step: Step, operands: Operands, product: ProductHook | None) -> Results:
    """Compute a node; overflows and divisions by zero give infinities and NaN silently, as in ONNX."""
    if step.is_product and product is not None:
        result = product(step.node, operands)
        if result is not None:
            return (result,)
    with np.errstate(all="ignore"):
        return step.function(step.node, operands)
