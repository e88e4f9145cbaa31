"""What a tiling moves between external memory and the chip, to the burst.

The bursts are those that the blocks of `lpasim.mapping.tile_blocks` touch, added up without listing the tiles.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from math import gcd

from lpasim.hardware.lanes import WORD_BITS
from lpasim.mapping.addresses import AddressBlock
from lpasim.mapping.cut import Cut, PositionCut
from lpasim.mapping.edges import Edges, balanced_edges, inside, repeated
from lpasim.mapping.geometry import balanced, cols_reached, rows_reached
from lpasim.mapping.order import Order, Planes
from lpasim.mapping.problem import Problem
from lpasim.mapping.tensors import Tensors, order_tensors
from lpasim.quantization.trace import Window


def bus_bytes(size_bytes: int, burst_bytes: int) -> int:
    """Bytes on the bus of a transfer that begins with a burst and has no gaps: whole bursts."""
    return -(-size_bytes // burst_bytes) * burst_bytes


class Traffic:
    """Bus bytes of one pass over all blocks of each kind; `refetches` says how many passes a tiling makes."""

    def __init__(self, problem: Problem, burst_bytes: int) -> None:
        self.problem = problem
        self.burst_bytes = burst_bytes
        self._known_rows: dict[tuple[Planes, int, int], int] = {}

    @cached_property
    def tensors(self) -> Tensors:
        """How the layer's tensors lie in memory."""
        return order_tensors(self.problem, self.burst_bytes)

    def inputs(self, groups: Cut, positions: PositionCut, k: Cut) -> int:
        """Bus bytes of every input block, once."""
        problem, order = self.problem, self.tensors.inputs
        if not problem.has_weights:
            return self._spans(order, [], self._position_edges(positions), problem.m)
        channels = self._channel_edges(groups, k, problem.k)
        if problem.window is None:
            return self._spans(order, channels, self._position_edges(positions), problem.m)
        if not problem.rows_needed((0, problem.rows)) or not problem.cols_needed((0, problem.cols)):
            return 0
        if positions.takes_images(problem.batch):
            images = list(balanced_edges(problem.batch, positions.images))
            return self._spans(order, channels, images, problem.batch, problem.k_per_channel)
        return self.burst_bytes * sum(
            self._touched(planes, channels, problem.k_per_channel) * self._row_bursts(problem.window, planes, positions)
            for planes in order.planes
        )

    def weights(self, groups: Cut, k: Cut, n: Cut) -> int:
        """Bus bytes of every weight block, once."""
        problem, order = self.problem, self.tensors.weights
        if order is not None:
            depth = [edges.times(k.unit) for edges in balanced_edges(problem.k_folds, k.parts)]
            return self._spans(order, self._channel_edges(groups, n, problem.n), depth, problem.k)
        return sum(
            times_g * times_k * times_n * bus_bytes(problem.weight_bytes(g, depth, width), self.burst_bytes)
            for (g, _), times_g in groups.sizes.items()
            for (depth, _), times_k in k.sizes.items()
            for (width, _), times_n in n.sizes.items()
        )

    def outputs(self, groups: Cut, positions: PositionCut, n: Cut) -> int:
        """Bus bytes of every store and of every operand of the post-processing unit."""
        problem = self.problem
        channels = self._channel_edges(groups, n, problem.n)
        edges = self._position_edges(positions)
        orders = (*self.tensors.stores, *self.tensors.operands)
        total = sum(self._spans(order, channels, edges, problem.m) for order in orders)
        return total + (self._constants(groups, positions, n) if problem.constant_bits else 0)

    def _constants(self, groups: Cut, positions: PositionCut, n: Cut) -> int:
        """Bus bytes of the constants of the post-processing unit: each output tile's lie together."""
        problem = self.problem
        return sum(
            times_g * times_p * times_n * bus_bytes(problem.constant_bytes(g * words * width), self.burst_bytes)
            for (g, _), times_g in groups.sizes.items()
            for (words, _), times_p in positions.sizes.items()
            for (width, _), times_n in n.sizes.items()
        )

    def _spans(self, order: Order, channels: list[Edges], positions: list[Edges], of: int, scale: int = 1) -> int:
        """Bus bytes of all parts of channels and contiguous positions, of which there are `of`.

        `channels` are edges of parts in a unit that is `scale` times as fine as a channel.
        """
        total = 0
        for planes in order.planes:
            unit = of * WORD_BITS * self.burst_bytes
            edges = [at.times(planes.extent_bits) for at in positions]
            bursts = -(-planes.extent_bits // (WORD_BITS * self.burst_bytes))
            bursts += inside(edges, 0, of * planes.extent_bits, unit)
            total += self._touched(planes, channels, scale) * bursts
        return total * self.burst_bytes

    @staticmethod
    def _touched(planes: Planes, channels: list[Edges], scale: int) -> int:
        """Count the planes that parts of the channels touch, over all parts."""
        low, high = planes.first_channel * scale, planes.end_channel * scale
        return planes.count + inside(channels, low, high, planes.channels * scale)

    @staticmethod
    def _channel_edges(groups: Cut, cut: Cut, size: int) -> list[Edges]:
        """Give the edges of K or N of all groups, where each has `size`."""
        if cut.parts == 1:
            return [edges.times(size) for edges in balanced_edges(groups.size, groups.parts)]
        inner = [edges.times(cut.unit) for edges in balanced_edges(-(-size // cut.unit), cut.parts)]
        return list(repeated(inner, groups.size, size))

    def _position_edges(self, positions: PositionCut) -> list[Edges]:
        """Give the edges of the parts of M."""
        problem = self.problem
        if positions.cols > 1:
            return list(
                repeated(balanced_edges(problem.cols, positions.cols), problem.batch * problem.rows, problem.cols)
            )
        if positions.rows > 1:
            inner = [edges.times(problem.cols) for edges in balanced_edges(problem.rows, positions.rows)]
            return list(repeated(inner, problem.batch, problem.rows * problem.cols))
        return [edges.times(problem.rows * problem.cols) for edges in balanced_edges(problem.batch, positions.images)]

    def _row_bursts(self, window: Window, planes: Planes, positions: PositionCut) -> int:
        """Count the bursts of a plane that the input rows of all parts of M take; they are those for every cut of K."""
        key = planes, positions.rows, positions.cols
        if key not in self._known_rows:
            self._known_rows[key] = self._count_row_bursts(window, planes, positions)
        return self._known_rows[key]

    def _count_row_bursts(self, window: Window, planes: Planes, positions: PositionCut) -> int:
        burst, word, line = self.burst_bytes, planes.word_bytes, window.in_width * planes.word_bytes
        lines = (rows_reached(window, rows) for rows in balanced(window.out_height, positions.rows))
        strips = (cols_reached(window, cols) for cols in balanced(window.out_width, positions.cols))
        rows = Counter((at.first * line % burst, at.number, at.step * line) for at in lines if at.number)
        cols = Counter((low * word % burst, (high - low) * word) for low, high in strips if low < high)
        return sum(
            times * many * often * _bursts((image + top + left) % burst, run, inner, stride, burst)
            for (top, inner, stride), times in rows.items()
            for (left, run), many in cols.items()
            for image, often in self._image_starts(window, line).items()
        )

    def _image_starts(self, window: Window, line_bytes: int) -> Counter[int]:
        """Count where in a burst the images of a plane begin."""
        image, batch = window.in_height * line_bytes, window.batch
        period = min(batch, self.burst_bytes // gcd(image, self.burst_bytes))
        return Counter({at * image % self.burst_bytes: -(-(batch - at) // period) for at in range(period)})


@lru_cache(maxsize=65536)
def _bursts(start: int, run: int, inner: int, stride: int, burst_bytes: int) -> int:
    """Count the bursts of `inner` runs."""
    return AddressBlock(start, run, inner, stride).joined().burst_count(burst_bytes)


def refetches(outer: str, positions: int, k: int, n: int) -> tuple[int, int]:
    """How often the input blocks and the weight blocks are fetched.

    K is the innermost loop and `outer` (``"m"`` or ``"n"``) the outermost; a block equal to the previous tile's stays.

    Returns
    -------
    tuple of int
        Passes over the input blocks, passes over the weight blocks.
    """
    if outer == "m":
        return (1 if k == 1 else n), (1 if n * k == 1 else positions)
    return (1 if positions * k == 1 else n), (1 if k == 1 else positions)
