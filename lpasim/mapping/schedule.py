"""The schedule: what the array, the DMA engines and the post-processing unit do, tile by tile.

A schedule holds everything that decides time, and coordinates that say which part of the product each tile is, so that
an independent model can execute it with real words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, product

from lpasim.hardware.model import Hardware
from lpasim.mapping.addresses import Blocks
from lpasim.mapping.geometry import Block, Range, balanced
from lpasim.mapping.place import TileAddresses
from lpasim.mapping.problem import Problem
from lpasim.mapping.search import Tiling
from lpasim.quantization.trace import Layer


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile, in the order of execution.

    `weight_bytes` and `input_bytes` are None where the previous tile's block is used again, or there are no weights.
    `opens` marks the first and `closes` the last tile of an output tile; `ppu_cycles`, `operand_bytes` and
    `store_bytes` belong to the latter and are 0 elsewhere. The bytes are those that a buffer holds; the
    `..._blocks` are where in memory they come from or go to, with what lies between them.
    """

    block: Block
    folds: int
    words: int
    weight_bytes: int | None
    input_bytes: int | None
    opens: bool
    closes: bool
    ppu_cycles: int
    operand_bytes: int
    store_bytes: int
    weight_blocks: Blocks
    input_blocks: Blocks
    operand_blocks: Blocks
    store_blocks: Blocks


@dataclass(frozen=True)
class LayerSchedule:
    """A layer, how it is cut, and which earlier layers of the schedule must be stored first.

    `inputs` and `weight_inputs` are indices into the schedule: makers of the streamed and of the stationary operand.
    `addresses` say where its tensors are in memory.
    """

    layer: Layer
    problem: Problem
    tiling: Tiling
    hardware: Hardware
    inputs: tuple[int, ...]
    weight_inputs: tuple[int, ...]
    addresses: TileAddresses

    @property
    def lanes(self) -> int:
        """Weights side by side in one cell."""
        return self.problem.lanes

    @property
    def terms(self) -> int:
        """Activations that one cell takes in a cycle."""
        return self.problem.terms

    @property
    def tile_count(self) -> int:
        """Number of tiles."""
        return self.tiling.tiles

    def tiles(self) -> Iterator[Tile]:
        """Generate the tiles in the order of execution."""
        previous: Block | None = None
        outputs = count()
        for block, opens, closes in self._blocks():
            yield self._tile(block, previous, opens, next(outputs) if closes else None)
            previous = block

    def _blocks(self) -> Iterator[tuple[Block, bool, bool]]:
        cut, problem = self.tiling, self.problem
        positions = list(
            product(
                balanced(problem.batch, cut.positions.images),
                balanced(problem.rows, cut.positions.rows),
                balanced(problem.cols, cut.positions.cols),
            )
        )
        k_ranges, n_ranges = cut.k.ranges, cut.n.ranges
        for groups in cut.groups.ranges:
            pairs: Iterable[tuple[tuple[Range, ...], Range]] = product(positions, n_ranges)
            if cut.outer == "n":
                pairs = ((position, n) for n, position in product(n_ranges, positions))
            for (batch, rows, cols), n in pairs:
                for k in k_ranges:
                    yield Block(groups, batch, rows, cols, k, n), k[0] == 0, k[1] == problem.k

    def _tile(self, block: Block, previous: Block | None, opens: bool, output: int | None) -> Tile:
        """Describe a tile; `output` is the number of the output tile that it closes, if it closes one."""
        problem, closes = self.problem, output is not None
        groups, width, depth = (b - a for a, b in (block.groups, block.n, block.k))
        words = (block.batch[1] - block.batch[0]) * (block.rows[1] - block.rows[0]) * (block.cols[1] - block.cols[0])
        elements = groups * words * width if closes else 0
        folds = groups * -(-depth // problem.fold_rows) * -(-width // problem.fold_cols)
        weight_bytes, input_bytes = self._weight_bytes(block, previous), self._input_bytes(block, previous)
        return Tile(
            block=block,
            folds=folds if problem.has_weights else 0,
            words=words if problem.has_weights else 0,
            weight_bytes=weight_bytes,
            input_bytes=input_bytes,
            opens=opens,
            closes=closes,
            ppu_cycles=max(1, -(-problem.share(problem.passes, elements) // self.hardware.ppu_lanes)) if closes else 0,
            operand_bytes=problem.share_bytes(problem.operand_bits, elements),
            store_bytes=problem.share_bytes(problem.store_bits, elements),
            weight_blocks=() if weight_bytes is None else self.addresses.weights(block),
            input_blocks=() if input_bytes is None else self.addresses.inputs(block),
            operand_blocks=() if output is None else self.addresses.operands(block, output),
            store_blocks=() if output is None else self.addresses.stores(block),
        )

    def _weight_bytes(self, block: Block, previous: Block | None) -> int | None:
        if not self.problem.has_weights or (
            previous is not None and (previous.groups, previous.k, previous.n) == (block.groups, block.k, block.n)
        ):
            return None
        groups, depth, width = (b - a for a, b in (block.groups, block.k, block.n))
        return self.problem.weight_bytes(groups, depth, width)

    def _input_bytes(self, block: Block, previous: Block | None) -> int | None:
        if previous is not None and (previous.groups, previous.batch, previous.rows, previous.cols, previous.k) == (
            block.groups, block.batch, block.rows, block.cols, block.k
        ):  # fmt: skip
            return None
        pixels = (
            (block.batch[1] - block.batch[0])
            * self.problem.rows_needed(block.rows)
            * self.problem.cols_needed(block.cols)
        )
        return self.problem.input_bytes(block.groups[1] - block.groups[0], pixels, self.problem.channels(block.k))
