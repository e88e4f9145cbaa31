"""The bytes of each tensor that a tile's transfers move; `lpasim.mapping.traffic` adds up their bursts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lpasim.mapping.addresses import AddressBlock, Blocks
from lpasim.mapping.geometry import Block, Range, cols_reached, rows_reached
from lpasim.mapping.order import Order
from lpasim.mapping.packed import PackedWeights
from lpasim.mapping.problem import Problem
from lpasim.mapping.search import Tiling
from lpasim.mapping.tensors import Tensors, order_tensors
from lpasim.mapping.traffic import bus_bytes
from lpasim.quantization.trace import Window


@dataclass(frozen=True)
class TileBlocks:
    """The transfers of one layer's tiles, in bytes of the tensor that each is part of."""

    problem: Problem
    tiling: Tiling
    burst_bytes: int

    @cached_property
    def tensors(self) -> Tensors:
        """How the layer's tensors lie in memory."""
        return order_tensors(self.problem, self.burst_bytes)

    @cached_property
    def packed(self) -> PackedWeights:
        """How the layer's constant weights lie in memory."""
        return PackedWeights(self.problem, self.tiling.groups, self.tiling.k, self.tiling.n, self.burst_bytes)

    def inputs(self, block: Block) -> Blocks:
        """Return what a tile's input block is fetched from."""
        problem, order, cut = self.problem, self.tensors.inputs, self.tiling.positions
        channels = _channels(block.groups, block.k, problem.k, problem.k_per_channel)
        if problem.window is None:
            return order.spans(channels, self._positions(block), problem.m)
        if not problem.rows_needed(block.rows) or not problem.cols_needed(block.cols):
            return ()
        if cut.takes_images(problem.batch):
            return order.spans(channels, [block.batch], problem.batch)
        rows = [_rows(problem.window, image, block) for image in range(*block.batch)]
        return tuple(part for planes in order.planes for part in planes.rows(channels, rows))

    def weights(self, block: Block) -> Blocks:
        """Return what a tile's weight block is fetched from."""
        problem, order = self.problem, self.tensors.weights
        if order is None:
            groups, depth, width = (high - low for low, high in (block.groups, block.k, block.n))
            size = problem.weight_bytes(groups, depth, width)
            return (AddressBlock(self.packed.offset(block), size),)
        return order.spans(_channels(block.groups, block.n, problem.n), [block.k], problem.k)

    def stores(self, block: Block) -> tuple[Blocks, ...]:
        """Return the part of every stored tensor that a tile makes."""
        return self._like_results(block, self.tensors.stores)

    def operands(self, block: Block) -> tuple[Blocks, ...]:
        """Return the part of every tensor that the post-processing unit reads beside a tile's results."""
        return self._like_results(block, self.tensors.operands)

    def constants(self, block: Block, index: int) -> Blocks:
        """Return the constants of the post-processing unit for the layer's output tile `index`."""
        if not self.problem.constant_bits:
            return ()
        words = sum(high - low for low, high in self._positions(block))
        results = (block.groups[1] - block.groups[0]) * words * (block.n[1] - block.n[0])
        return (AddressBlock(index * self._constants_stride, self.problem.constant_bytes(results)),)

    @property
    def constants_bytes(self) -> int:
        """Bytes that the constants of the post-processing unit take."""
        return self._constants_stride * self.tiling.groups.parts * self.tiling.positions.parts * self.tiling.n.parts

    @cached_property
    def _constants_stride(self) -> int:
        """Bytes from the constants of an output tile to those of the next."""
        tiling = self.tiling
        most = tiling.groups.largest[0] * tiling.positions.largest[0] * tiling.n.largest[0]
        return bus_bytes(self.problem.constant_bytes(most), self.burst_bytes)

    def _positions(self, block: Block) -> list[Range]:
        """Return a block's output positions: one range, where the mapper cuts."""
        lines, line = self.problem.rows, self.problem.cols
        images = range(*block.batch)
        if block.cols != (0, line):
            starts = [(image * lines + row) * line for image in images for row in range(*block.rows)]
            return [(start + block.cols[0], start + block.cols[1]) for start in starts]
        if block.rows != (0, lines):
            starts = [image * lines * line for image in images]
            return [(start + block.rows[0] * line, start + block.rows[1] * line) for start in starts]
        return [(block.batch[0] * lines * line, block.batch[1] * lines * line)]

    def _like_results(self, block: Block, orders: tuple[Order, ...]) -> tuple[Blocks, ...]:
        """Return the parts of tensors of the results' shape that belong to a block."""
        channels = _channels(block.groups, block.n, self.problem.n)
        positions = self._positions(block)
        return tuple(order.spans(channels, positions, self.problem.m) for order in orders)


def _channels(groups: Range, part: Range, size: int, per_channel: int = 1) -> list[Range]:
    """Return the channels of a part of K or N, of which each group has `size`: one range, where the mapper cuts."""
    together = [groups] if part == (0, size) else [(group, group + 1) for group in range(*groups)]
    ends = ((low * size + part[0], (high - 1) * size + part[1]) for low, high in together)
    return [(first // per_channel, -(-last // per_channel)) for first, last in ends]


def _rows(window: Window, image: int, block: Block) -> AddressBlock:
    """Return a block's input rows of an image, in words of a plane."""
    rows, (left, right) = rows_reached(window, block.rows), cols_reached(window, block.cols)
    first = (image * window.in_height + rows.first) * window.in_width + left
    return AddressBlock(first, right - left, rows.number, rows.step * window.in_width)
