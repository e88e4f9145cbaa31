"""The order of a tensor's bytes in memory: channels in words, words in planes. `docs/mapping.md` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lpasim.hardware.model import WORD_BITS
from lpasim.mapping.addresses import AddressBlock, Blocks
from lpasim.mapping.geometry import Range

WORD_BYTES = 16
"""Bytes of a word of neighbouring channels, where bursts are no shorter. A choice, as no layout is published: short
enough for the columns of a small array to fill it, long enough for a few pixels to fill a burst."""
MOST_PADDING = 16
"""A plane may be padded by at most the share 1 / `MOST_PADDING`, else words get longer."""


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

    def touched(self, channels: Range) -> Range:
        """Return the planes that hold a range of channels."""
        low, high = max(channels[0], self.first_channel), min(channels[1], self.end_channel)
        if low >= high:
            return 0, 0
        return (low - self.first_channel) // self.channels, -(-(high - self.first_channel) // self.channels)

    def span(self, channels: Range, positions: Range, of: int) -> Blocks:
        """Return where neighbouring positions of some channels lie; `of` is the number of all positions.

        A plane that holds fewer results than `of`, as pooling has merged them, is shared among the positions evenly.
        """
        low, high = self.touched(channels)
        start = positions[0] * self.extent_bits // (of * WORD_BITS)
        end = -(-positions[1] * self.extent_bits // (of * WORD_BITS))
        return self._in_planes(low, high, AddressBlock(start, end - start))

    def rows(self, channels: Range, row: AddressBlock) -> Blocks:
        """Return where rows lie whose place in a plane is given in words."""
        word = self.word_bytes
        rows = AddressBlock(
            row.start_byte * word, row.run_bytes * word, row.inner, row.inner_stride_bytes * word
        ).joined()
        return self._in_planes(*self.touched(channels), rows)

    def _in_planes(self, low: int, high: int, part: AddressBlock) -> Blocks:
        """Repeat a part of one plane in the planes from `low` to `high`."""
        if low >= high:
            return ()
        repeated = AddressBlock(
            self.start_byte + low * self.stride_bytes + part.start_byte,
            part.run_bytes,
            part.inner,
            part.inner_stride_bytes,
            high - low,
            self.stride_bytes,
        )
        return (repeated.joined(),)


@dataclass(frozen=True, slots=True)
class Order:
    """A tensor as planes of full words, then a plane of the channels that are left; `size_bytes` is whole bursts."""

    planes: tuple[Planes, ...]
    size_bytes: int


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
