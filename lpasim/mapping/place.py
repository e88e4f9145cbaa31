"""Where the tensors of one layer are in memory, and the addresses of its tiles' transfers."""

from __future__ import annotations

from dataclasses import dataclass, field

from lpasim.mapping.addresses import AddressBlock, Blocks
from lpasim.mapping.geometry import Block, Range
from lpasim.mapping.kept import kept
from lpasim.mapping.tile_blocks import TileBlocks


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor in memory, whole or in pieces that different layers make.

    Attributes
    ----------
    bases : tuple of int
        Address of each piece, a whole number of bursts.
    starts : tuple of int
        Byte of the tensor with which each piece but the first begins, rising, in whole bursts.
    """

    bases: tuple[int, ...]
    starts: tuple[int, ...] = ()

    def locate(self, blocks: Blocks) -> Blocks:
        """Turn blocks of the tensor into blocks of memory."""
        if not self.starts:
            return tuple(block.moved(self.bases[0]) for block in blocks)
        found: list[AddressBlock] = []
        begin, rest = 0, blocks
        for base, end in zip(self.bases, (*self.starts, None), strict=True):
            halves = [((block,), ()) if end is None else block.split(end) for block in rest]
            found += (block.moved(base - begin) for below, _ in halves for block in below)
            rest = tuple(block for _, above in halves for block in above)
            begin = end or 0
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Places:
    """The tensors of a layer, each of `stores` and `operands` as in `lpasim.mapping.tensors.Tensors`.

    `weights` are constants or what other layers make; `constants` are those of the post-processing unit.
    """

    inputs: Place
    weights: Place
    stores: tuple[Place, ...]
    operands: tuple[Place, ...]
    constants: Place


@dataclass(frozen=True, slots=True)
class TileAddresses:
    """The transfers of one layer's tiles, in bytes of memory."""

    blocks: TileBlocks
    places: Places
    _inputs: dict[tuple[Range, ...], Blocks] = field(default_factory=dict, init=False, repr=False, compare=False)
    _weights: dict[tuple[Range, ...], Blocks] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By the ranges of a block that they depend on: tiles fetch them again and again."""

    def inputs(self, block: Block) -> Blocks:
        """Return what a tile's input block is fetched from."""
        key = block.groups, block.batch, block.rows, block.cols, block.k
        return kept(self._inputs, key, lambda: self.places.inputs.locate(self.blocks.inputs(block)))

    def weights(self, block: Block) -> Blocks:
        """Return what a tile's weight block is fetched from."""
        key = block.groups, block.k, block.n
        return kept(self._weights, key, lambda: self.places.weights.locate(self.blocks.weights(block)))

    def stores(self, block: Block) -> Blocks:
        """Return where a tile's results go."""
        return _located(self.places.stores, self.blocks.stores(block))

    def operands(self, block: Block, index: int) -> Blocks:
        """Return what the post-processing unit reads beside the results of the layer's output tile `index`."""
        streamed = _located(self.places.operands, self.blocks.operands(block))
        return streamed + self.places.constants.locate(self.blocks.constants(block, index))


def _located(places: tuple[Place, ...], parts: tuple[Blocks, ...]) -> Blocks:
    return tuple(block for place, part in zip(places, parts, strict=True) for block in place.locate(part))
