"""The order of a tensor's bytes in memory: channels in words, words in planes. `docs/mapping.md` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lpasim.hardware.lanes import WORD_BITS
from lpasim.mapping.addresses import AddressBlock, Blocks
from lpasim.mapping.geometry import Range
from lpasim.mapping.kept import kept

WORD_BYTES = 16
"""Bytes of a word of neighbouring channels, where bursts are no shorter. A choice, as no layout is published: short
enough for the columns of a small array to fill it, long enough for a few pixels to fill a burst."""
MOST_PADDING = 16
"""A plane may be padded by at most the share 1 / `MOST_PADDING`, else words get longer."""


_Span = tuple[tuple[Range, ...], tuple[Range, ...], int]


@dataclass(frozen=True, slots=True)
class Planes:
    """Planes that follow each other in memory, each with `channels` channels of all positions.

    Attributes
    ----------
    first_channel, channels, count : int
        First channel of the first plane, channels of each, and how many planes there are.
    start_byte, stride_bytes : int
        Where the first begins in the tensor, and the distance between two: whole bursts.
    extent_bits : int
        A plane without its padding.
    word_bytes : int
        The channels of one position.
    """

    first_channel: int
    channels: int
    count: int
    start_byte: int
    stride_bytes: int
    extent_bits: int
    word_bytes: int

    @property
    def end_channel(self) -> int:
        """The channel after the last."""
        return self.first_channel + self.channels * self.count

    def spans(self, channels: Sequence[Range], positions: Sequence[Range], of: int) -> Blocks:
        """Return where ranges of positions of some channels lie; `of` is the number of all positions.

        A plane that holds fewer results than `of`, as pooling has merged them, is shared among the positions evenly.
        """
        unit = of * WORD_BITS
        ends = ((low * self.extent_bits // unit, -(-high * self.extent_bits // unit)) for low, high in positions)
        return self._in_planes(channels, [AddressBlock(start, end - start) for start, end in ends])

    def rows(self, channels: Sequence[Range], rows: Sequence[AddressBlock]) -> Blocks:
        """Return where rows of some channels lie; their places in a plane are given in words."""
        word = self.word_bytes
        parts = [
            AddressBlock(at.start_byte * word, at.run_bytes * word, at.inner, at.inner_stride_bytes * word)
            for at in rows
        ]
        return self._in_planes(channels, [part.joined() for part in parts])

    def _in_planes(self, channels: Sequence[Range], parts: Sequence[AddressBlock]) -> Blocks:
        """Repeat parts of a plane in every plane that holds one of the channels."""
        planes = self._touched(channels)
        if len(parts) > 1:  # plane by plane, so that addresses rise
            planes = [(plane, plane + 1) for low, high in planes for plane in range(low, high)]
        return tuple(
            AddressBlock(
                self.start_byte + low * self.stride_bytes + part.start_byte,
                part.run_bytes,
                part.inner,
                part.inner_stride_bytes,
                high - low,
                self.stride_bytes,
            ).joined()
            for low, high in planes
            for part in parts
        )

    def _touched(self, channels: Sequence[Range]) -> list[Range]:
        """Return the planes that hold rising ranges of channels, each plane once."""
        found: list[Range] = []
        for first, last in channels:
            begin, end = max(first, self.first_channel), min(last, self.end_channel)
            if begin >= end:
                continue
            low, high = (begin - self.first_channel) // self.channels, -(-(end - self.first_channel) // self.channels)
            if found and low <= found[-1][1]:
                low = found.pop()[0]
            found.append((low, high))
        return found


@dataclass(frozen=True, slots=True)
class Order:
    """A tensor as planes of full words, then a plane of the channels that are left; `size_bytes` is whole bursts."""

    planes: tuple[Planes, ...]
    size_bytes: int
    _known: dict[_Span, Blocks] = field(default_factory=dict, init=False, repr=False, compare=False)

    def spans(self, channels: Sequence[Range], positions: Sequence[Range], of: int) -> Blocks:
        """Return where ranges of positions, of which there are `of`, of ranges of channels lie.

        Layers of one shape share their orders, and ask for the same parts: they are kept.
        """

        def found() -> Blocks:
            return tuple(part for planes in self.planes for part in planes.spans(channels, positions, of))

        return kept(self._known, (tuple(channels), tuple(positions), of), found)


@lru_cache(maxsize=4096)
def feature_order(channels: int, positions: int, bits: int, burst_bytes: int) -> Order:
    """Order `channels` x `positions` elements of `bits` bits."""
    word_bytes = _word_bytes(positions, burst_bytes)
    each = word_bytes * WORD_BITS // bits
    full, left = divmod(channels, each)
    planes, size = [], 0
    for first, width, count in ((0, each, full), (full * each, left, 1)):
        if width and count:
            word = -(-width * bits // WORD_BITS)
            stride = _padded(positions * word, burst_bytes)
            planes.append(Planes(first, width, count, size, stride, positions * word * WORD_BITS, word))
            size += count * stride
    return Order(tuple(planes), size)


@lru_cache(maxsize=4096)
def flat_order(elements: int, bits: int, burst_bytes: int) -> Order:
    """Order elements without channels: one plane, packed."""
    size = _padded(-(-elements * bits // WORD_BITS), burst_bytes)
    return Order((Planes(0, 1, 1, 0, size, elements * bits, 1),), size)


def _word_bytes(positions: int, burst_bytes: int) -> int:
    """Return the shortest word that leaves little padding at the end of a plane; a burst leaves none."""
    word = min(WORD_BYTES, burst_bytes)
    while word < burst_bytes:
        size = positions * word
        if (_padded(size, burst_bytes) - size) * MOST_PADDING <= size:
            return word
        word = min(2 * word, burst_bytes)
    return burst_bytes


def _padded(size_bytes: int, burst_bytes: int) -> int:
    return -(-size_bytes // burst_bytes) * burst_bytes
