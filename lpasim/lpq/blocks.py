"""Splitting a network into blocks: stretches of layers that hand one single tensor on.

Between two blocks one activation is all that later nodes read, so that residual blocks, attentions, perceptrons and
fire modules stay whole, and a run can go on from the start of any block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph

MIN_WEIGHTED = 2
"""Layers with constant weights that a block has at least, where the network has as many: a choice."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of layers.

    Attributes
    ----------
    layers : tuple of str
        Names of the layers that start in it.
    weighted : tuple of str
        Those of them that have constant weights.
    first : int
        Index of its first node among the nodes that depend on the inputs, as `Executor.nodes` lists them.
    tensor : str
        The one activation that its nodes and those behind them read of what is made before; of the first block the
        network's input, empty if there are several.
    """

    layers: tuple[str, ...]
    weighted: tuple[str, ...]
    first: int
    tensor: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """All blocks in the order of execution, and the index of the block of each layer with constant weights."""

    blocks: tuple[Block, ...]
    block_of: Mapping[str, int]


def split_blocks(graph: LayerGraph, min_weighted: int = MIN_WEIGHTED) -> Blocks:
    """Split a network into blocks.

    Parameters
    ----------
    graph : LayerGraph
        The network's layers; their values may be absent.
    min_weighted : int
        Layers with constant weights that a block shall have: smaller ones are joined with what follows, at the end
        with what goes before. A network with fewer is one block.

    Returns
    -------
    Blocks
        Together they hold every layer once.
    """
    weighted = tuple(layer.name for layer in graph.layers if layer.constant_weights)
    nodes = running_nodes(graph.network)
    starts = _starts(nodes, graph.network, frozenset(weighted), min_weighted)
    position = {node.name: index for index, node in enumerate(nodes)}
    ends = (*(first for first, _ in starts[1:]), len(nodes))
    blocks = []
    for (first, tensor), end in zip(starts, ends, strict=True):
        names = tuple(layer.name for layer in graph.layers if first <= position[layer.name] < end)
        blocks.append(Block(names, tuple(name for name in names if name in weighted), first, tensor))
    return Blocks(tuple(blocks), {name: index for index, block in enumerate(blocks) for name in block.weighted})


def running_nodes(network: Network) -> tuple[Node, ...]:
    """Return the nodes that depend on the inputs, in the order of execution; the weights' values may be absent."""
    return tuple(node for node in network.nodes if not all(name in network.constants for name in node.outputs if name))


@dataclass(slots=True)
class _Stretch:
    """Nodes from `first` on, and how many open layers with constant weights.

    `forks`: what it reads goes into several such nodes and nowhere else.
    """

    first: int
    tensor: str
    weighted: int
    forks: bool


def _starts(
    nodes: tuple[Node, ...], network: Network, weighted: frozenset[str], least: int
) -> tuple[tuple[int, str], ...]:
    """Return the index of each block's first node, and the tensor that the block reads."""
    cuts = _cuts(nodes, network)
    ends = (*(first for first, _ in cuts[1:]), len(nodes))
    stretches: list[_Stretch] = []
    for (first, tensor), end in zip(cuts, ends, strict=True):
        count = sum(node.name in weighted for node in nodes[first:end])
        if not count and stretches:
            continue  # what has no weights stays with the layer before it, as its post-processing does
        readers = [node.name for node in nodes[first:] if tensor in node.present]
        stretches.append(_Stretch(first, tensor, count, len(readers) > 1 and weighted.issuperset(readers)))
    joined = _joined(_with_squeezes(stretches, least), least)
    return tuple((stretch.first, stretch.tensor) for stretch in joined)


def _cuts(nodes: tuple[Node, ...], network: Network) -> tuple[tuple[int, str], ...]:
    """Return the indices of nodes before which one single activation is alive, and it; the first node is always one."""
    last = {name: index for index, node in enumerate(nodes) for name in node.present if name not in network.constants}
    alive = {name for name in network.inputs if name in last}
    cuts = []
    for index, node in enumerate(nodes):
        if len(alive) == 1 or not index:
            cuts.append((index, next(iter(alive)) if len(alive) == 1 else ""))
        alive.update(name for name in node.outputs if name in last)
        alive.difference_update([name for name in alive if last[name] == index])
    return tuple(cuts)


def _with_squeezes(stretches: list[_Stretch], least: int) -> list[_Stretch]:
    """Join a small stretch with a large one behind it that forks at once, as a fire module's squeeze does."""
    joined: list[_Stretch] = []
    for stretch in stretches:
        if joined and joined[-1].weighted < least <= stretch.weighted and stretch.forks:
            joined[-1].weighted += stretch.weighted
        else:
            joined.append(stretch)
    return joined


def _joined(stretches: list[_Stretch], least: int) -> list[_Stretch]:
    """Join stretches from the first to the last until each has enough layers with weights."""
    joined: list[_Stretch] = []
    for stretch in stretches:
        if joined and joined[-1].weighted < least:
            joined[-1].weighted += stretch.weighted
        else:
            joined.append(stretch)
    if len(joined) > 1 and joined[-1].weighted < least:
        joined.pop()
    return joined
