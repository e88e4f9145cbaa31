"""The layout of a network's tensors in memory: `docs/mapping.md`, "Tensors in memory"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lpasim.mapping.order import Order
from lpasim.mapping.place import Place, Places, TileAddresses
from lpasim.mapping.problem import Problem
from lpasim.mapping.regions import Region, assign_bases
from lpasim.mapping.search import Tiling
from lpasim.mapping.tile_blocks import TileBlocks
from lpasim.quantization.trace import Format, Layer


@dataclass(frozen=True, slots=True)
class Mapped:
    """A layer whose tiling is chosen, and the indices of the layers that make what it reads.

    `operand_inputs` has the makers of every operand of `lpasim.mapping.problem.streamed_operands`.
    """

    layer: Layer
    problem: Problem
    tiling: Tiling
    inputs: tuple[int, ...]
    weight_inputs: tuple[int, ...]
    operand_inputs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: the addresses of each layer's tiles, and the bytes of memory that the network takes."""

    layers: tuple[TileAddresses, ...]
    size_bytes: int


def lay_out(layers: Sequence[Mapped], burst_bytes: int) -> Layout:
    """Give every tensor of a network its place.

    Parameters
    ----------
    layers : sequence of Mapped
        In the order of execution.
    burst_bytes : int

    Returns
    -------
    Layout
        In memory that begins at 0.
    """
    plan = _Plan(layers, burst_bytes)
    needs = [plan.needs(number) for number in range(len(layers))]
    size_bytes = assign_bases(plan.regions(), burst_bytes)
    return Layout(tuple(need.placed() for need in needs), size_bytes)


_Pieces = list[tuple[Region, int]]
"""The regions that a tensor lies in, and the bytes that it has in each; the last one holds what is left."""


@dataclass(frozen=True, slots=True)
class _Needs:
    """The regions of a layer's tensors; they get their addresses later."""

    blocks: TileBlocks
    inputs: _Pieces
    weights: _Pieces
    stores: list[_Pieces]
    operands: list[_Pieces]
    constants: Region

    def placed(self) -> TileAddresses:
        """Return the addresses of the layer's tiles, once the regions have theirs."""
        places = Places(
            _place(self.inputs),
            _place(self.weights),
            tuple(_place(pieces) for pieces in self.stores),
            tuple(_place(pieces) for pieces in self.operands),
            Place((self.constants.base,)),
        )
        return TileAddresses(self.blocks, places)


def _place(pieces: _Pieces) -> Place:
    starts = [0]
    for _, size in pieces[:-1]:
        starts.append(starts[-1] + size)
    return Place(tuple(region.base for region, _ in pieces), tuple(starts[1:]))


@dataclass(slots=True)
class _Plan:
    """Collects the regions of a network, layer by layer."""

    layers: Sequence[Mapped]
    burst_bytes: int
    constants: list[Region] = field(default_factory=list)
    brought: dict[Order, Region] = field(default_factory=dict)
    results: list[_Pieces] = field(default_factory=list)

    def needs(self, number: int) -> _Needs:
        """Find the regions of a layer's tensors, and reserve those that it is the first to need."""
        mapped = self.layers[number]
        layer, problem = mapped.layer, mapped.problem
        blocks = TileBlocks(problem, mapped.tiling, self.burst_bytes)
        tensors = blocks.tensors
        inputs = self._read(number, mapped.inputs, tensors.inputs, layer.activation_format, problem.activation_bits)
        if tensors.weights is None:
            weights = [(self._constant(blocks.packed.size_bytes if problem.has_weights else 0), 0)]
        else:
            makers = mapped.weight_inputs
            weights = self._read(number, makers, tensors.weights, layer.weight_format, problem.weight_bits)
        operands = [
            self._read(number, makers, order, None, bits)
            for makers, order, (_, bits) in zip(mapped.operand_inputs, tensors.operands, problem.operands, strict=True)
        ]
        made = [(Region(order.size_bytes, number, number), order.size_bytes) for order in tensors.stores]
        self.results.append(made)
        constants = self._constant(blocks.constants_bytes)
        return _Needs(blocks, inputs, weights, [[piece] for piece in made], operands, constants)

    def regions(self) -> list[Region]:
        """Return all regions, constants first; what no layer reads is kept to the end."""
        results = [region for made in self.results for region, _ in made]
        for region in results:
            if region.last_layer == region.first_layer:
                region.last_layer = len(self.layers)
        return [*self.constants, *self.brought.values(), *results]

    def _constant(self, size_bytes: int) -> Region:
        """Reserve room that is never used for anything else."""
        self.constants.append(Region(size_bytes, -1, len(self.layers)))
        return self.constants[-1]

    def _read(self, reader: int, makers: Sequence[int], order: Order, fmt: Format | None, bits: int) -> _Pieces:
        """Find the regions of a tensor that a layer reads: its makers' results in turn, or what is brought.

        Where the reader's shape asks for more bytes than its makers have stored, the last region grows.
        """
        pieces = [piece for maker in makers if self.results[maker] for piece in [self._made(maker, fmt, bits)]]
        if not pieces:
            region = self.brought.setdefault(order, Region(order.size_bytes, -1, reader))
            pieces = [(region, order.size_bytes)]
        before = sum(size for _, size in pieces[:-1])
        for region, size in pieces:
            region.holds(size, reader)
        pieces[-1][0].holds(order.size_bytes - before, reader)
        return pieces

    def _made(self, maker: int, fmt: Format | None, bits: int) -> tuple[Region, int]:
        """Return the result of a layer that is in a format, or else as wide, or else the first."""
        outputs, stores = self.layers[maker].layer.outputs, self.layers[maker].problem.stores
        best = min(range(len(outputs)), key=lambda at: (outputs[at].format != fmt, stores[at][1] != bits))
        return self.results[maker][best]
