"""Fusing a network's nodes into layers.

A matrix product opens a layer. An operator of the post-processing unit joins the latest layer among the makers of its
operands, so that this operand never leaves the chip; its other operands are read from external memory. It opens a layer
without a product, which streams the largest operand, if all its operands are inputs of the network, or if its result
has more elements than the operand on the chip, in whose place it would not fit. A layer stores what another layer reads
and what the network returns, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import FreeNode, LayerGraph, NetworkLayer, PostOperator, Stored
from lpasim.networks.operators import refuse_unknown_nodes, role_of
from lpasim.networks.roles import Folded, Free, Matrix, Ppu
from lpasim.networks.views import Views, by_tensor, merged, narrowed, whole


def fuse(network: Network) -> LayerGraph:
    """Turn a network into layers.

    Raises
    ------
    NetworkError
        If a node has an operator or a shape that lpasim does not know, or no node takes time.
    """
    refuse_unknown_nodes(network)
    fusion = _Fusion(network)
    for node in network.nodes:
        fusion.visit(node)
    if not fusion.layers:
        raise NetworkError(
            f"network must have an operator that takes time, got {len(network.nodes)} that take none ({network.name})"
        )
    return fusion.result()


@dataclass
class _OpenLayer:
    """A layer that still takes operators in."""

    node: Node
    matrix: Matrix | None
    streamed: Views
    stationary: Views
    post: list[PostOperator] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


class _Fusion:
    """Visits the nodes in the order of execution."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers: list[_OpenLayer] = []
        self.free: list[FreeNode] = []
        self.folded: dict[str, tuple[str, ...]] = {}
        self.views: dict[str, Views] = {name: whole(name, network) for name in network.inputs}
        self.repeated: set[str] = set()
        self.maker: dict[str, int] = {}
        self.needed: dict[str, Views] = {}
        self.groups: dict[str, str] = {}

    def visit(self, node: Node) -> None:
        """Give a node its place."""
        role = role_of(node, self.network)
        if isinstance(role, Matrix):
            self._open(node, role)
        elif isinstance(role, Ppu):
            self._post_process(node, role)
        else:
            self.free.append(FreeNode(node.name, node.operator, role.reason))
            self._pass_on(node, role)

    def _open(self, node: Node, role: Matrix) -> None:
        """Start a layer with a matrix product."""
        streamed = self._view(role.streamed)
        constant = role.stationary in self.network.constants
        stationary: Views = {} if constant else self._view(role.stationary)
        for operand in (streamed, stationary):
            self._read(operand, len(self.layers))
            self._share_format(operand)
        self.layers.append(_OpenLayer(node, role, streamed, stationary))
        self._make(node.outputs, len(self.layers) - 1)
        if role.then is not None:
            self._attach(node, role.then, len(self.layers) - 1)

    def _post_process(self, node: Node, role: Ppu) -> None:
        """Let a node join the latest layer that makes one of its operands, or start one that streams the largest."""
        makers = {
            self.maker[tensor] for name in role.operands for tensor, _ in self._view(name) if tensor in self.maker
        }
        index = max(makers, default=None)
        if index is None or self._grows(node, role, index):
            index = len(self.layers)
            activations = (name for name in (*role.operands, *node.present) if name not in self.network.constants)
            streamed = max((self._view(name) for name in activations), key=self._elements)
            self._read(streamed, index)
            self._share_format(streamed)
            self.layers.append(_OpenLayer(node, None, streamed, {}))
        self._attach(node, role, index)
        self._make(node.outputs, index)

    def _grows(self, node: Node, role: Ppu, index: int) -> bool:
        """Whether a result has more elements than any operand that a layer makes."""
        result = max(self.network.size(output) for output in node.outputs if output)
        return result > max(self._on_chip(name, index) for name in role.operands)

    def _on_chip(self, tensor: str, index: int) -> int:
        """Count the elements that a tensor has of a layer, and the zeros and constants that lie beside them."""
        made: Views = {}
        foreign: Views = {}
        for view, size in self._view(tensor).items():
            here = self.maker.get(view[0]) == index
            (made if here else foreign)[view] = 0 if view[0] in self.network.constants else size
        if not made or tensor in self.repeated:
            return self._elements(made)
        return self.network.size(tensor) - self._elements(foreign)

    def _attach(self, node: Node, role: Ppu, index: int) -> None:
        """Add an operator to a layer, with the traffic of the operands that the layer did not make itself."""
        layer = self.layers[index]
        here = layer.streamed if layer.matrix is None else {}
        foreign = merged(
            {
                view: size
                for view, size in self._view(name).items()
                if view not in here and self.maker.get(view[0]) != index
            }
            for name in role.operands
        )
        self._read(foreign, index)
        sizes = by_tensor(foreign, self.network)
        activations = {name: size for name, size in sizes.items() if name not in self.network.constants}
        constants = sum(size for name, size in sizes.items() if name not in activations and size > 1)
        layer.post.append(
            PostOperator(
                operator=role.operator or node.operator,
                node=node.name,
                elements=role.elements,
                activation_elements=sum(activations.values()),
                constant_elements=constants + role.constant_elements,
                tensors=tuple(activations),
                makers=self._makers(activations),
            )
        )

    def _pass_on(self, node: Node, role: Free | Folded) -> None:
        """Let the results of a free node stand for the tensors that they are made of."""
        if isinstance(role, Folded):
            index = self.maker[role.source]
            layer = self.layers[index].node.name
            self.folded[layer] = (*self.folded.get(layer, ()), node.name)
            self._make(node.outputs, index)
            return
        views = merged(self._view(name) for name in role.sources)
        for output in node.outputs:
            if output and role.sources:
                self.views[output] = narrowed(views, output, self.network) if role.narrows else views
            if role.repeats or not self.repeated.isdisjoint(role.sources):
                self.repeated.add(output)

    def _view(self, tensor: str) -> Views:
        """Return the stored tensors that a tensor is made of; a constant is one by itself."""
        return self.views[tensor] if tensor in self.views else whole(tensor, self.network)

    def _elements(self, views: Views) -> int:
        """Count the distinct elements of views."""
        return sum(by_tensor(views, self.network).values())

    def _make(self, tensors: Iterable[str], index: int) -> None:
        """Note that a layer computes tensors."""
        for tensor in tensors:
            if tensor:
                self.maker[tensor] = index
                self.layers[index].made.append(tensor)
                self.views[tensor] = whole(tensor, self.network)

    def _read(self, views: Views, reader: int | None) -> None:
        """Note that a layer, or the outside world, reads tensors from external memory."""
        for (tensor, part), elements in views.items():
            if tensor in self.maker and self.maker[tensor] != reader:
                self.needed.setdefault(tensor, {})[tensor, part] = elements

    def _share_format(self, views: Views) -> None:
        """Put all activations of one operand into one group."""
        roots = [self._group(tensor) for tensor, _ in views if tensor not in self.network.constants]
        for root in roots[1:]:
            self.groups[self._group(root)] = self._group(roots[0])

    def _group(self, tensor: str) -> str:
        while (parent := self.groups.setdefault(tensor, tensor)) != tensor:
            tensor = parent
        return tensor

    def _makers(self, tensors: Iterable[str]) -> tuple[str, ...]:
        indices = sorted({self.maker[tensor] for tensor in tensors if tensor in self.maker})
        return tuple(self.layers[index].node.name for index in indices)

    def result(self) -> LayerGraph:
        """Close all layers."""
        for output in self.network.outputs:
            self._read(self._view(output), None)
        layers = tuple(self._close(layer) for layer in self.layers)
        groups = {tensor: self._group(tensor) for tensor in (*self.network.inputs, *self.maker)}
        return LayerGraph(self.network, layers, tuple(self.free), groups, self.folded)

    def _close(self, layer: _OpenLayer) -> NetworkLayer:
        matrix, streamed = layer.matrix, by_tensor(layer.streamed, self.network)
        stationary = by_tensor(layer.stationary, self.network)
        outputs = (
            Stored(tensor, by_tensor(self.needed[tensor], self.network)[tensor])
            for tensor in layer.made
            if tensor in self.needed
        )
        return NetworkLayer(
            name=layer.node.name,
            operator=layer.node.operator,
            product=matrix.product if matrix else None,
            window=matrix.window if matrix else None,
            input_tensors=tuple(streamed),
            inputs=self._makers(streamed),
            input_elements=sum(streamed.values()),
            constant_weights=matrix.stationary if matrix and not stationary else "",
            weight_tensors=tuple(stationary),
            weight_inputs=self._makers(stationary),
            post=tuple(layer.post),
            outputs=tuple(outputs),
        )
