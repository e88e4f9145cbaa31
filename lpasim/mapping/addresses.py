"""Addresses of a transfer: runs of bytes at regular distances, and the bursts that they touch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple


class AddressBlock(NamedTuple):
    """Runs of bytes in memory: `outer` times, `outer_stride_bytes` apart, `inner` runs of `run_bytes`.

    The runs of a group are `inner_stride_bytes` apart. Runs rise in memory and do not overlap. A tuple, because large
    networks make millions of them.
    """

    start_byte: int
    run_bytes: int
    inner: int = 1
    inner_stride_bytes: int = 0
    outer: int = 1
    outer_stride_bytes: int = 0

    @property
    def group_bytes(self) -> int:
        """Bytes from the start of the first to the end of the last run of a group."""
        return (self.inner - 1) * self.inner_stride_bytes + self.run_bytes

    @property
    def end_byte(self) -> int:
        """End of the last run."""
        return self.start_byte + (self.outer - 1) * self.outer_stride_bytes + self.group_bytes

    def runs(self) -> Iterator[tuple[int, int]]:
        """Generate the start and the end of every run, in rising order."""
        for group in range(self.outer):
            for run in range(self.inner):
                start = self.start_byte + group * self.outer_stride_bytes + run * self.inner_stride_bytes
                yield start, start + self.run_bytes

    def bursts(self, burst_bytes: int) -> Iterator[int]:
        """Generate the addresses of the bursts that the runs touch, in rising order and each once."""
        following = 0
        for start, end in self.runs():
            first = max(following, start // burst_bytes)
            following = max(following, -(-end // burst_bytes))
            yield from range(first * burst_bytes, following * burst_bytes, burst_bytes)

    def burst_count(self, burst_bytes: int) -> int:
        """Count what `bursts` generates."""
        group = _bursts_of(self.start_byte, self.run_bytes, self.inner, self.inner_stride_bytes, burst_bytes)
        if self.outer == 1:
            return group
        if self.outer_stride_bytes % burst_bytes:
            return sum(1 for _ in self.bursts(burst_bytes))
        last = (self.start_byte + self.group_bytes - 1) // burst_bytes
        shared = last == (self.start_byte + self.outer_stride_bytes) // burst_bytes
        return self.outer * group - (self.outer - 1) * shared

    def joined(self) -> AddressBlock:
        """Return the same bytes as fewer runs, where one run ends at the next."""
        start, run, inner, inner_stride, outer, outer_stride = self
        if inner > 1 and inner_stride == run:
            run, inner = inner * run, 1
        if outer > 1 and inner == 1 and outer_stride == run:
            run, outer = outer * run, 1
        return AddressBlock(
            start, run, inner, inner_stride if inner > 1 else 0, outer, outer_stride if outer > 1 else 0
        )

    def moved(self, by_bytes: int) -> AddressBlock:
        """Return the same runs at other addresses."""
        return AddressBlock(self.start_byte + by_bytes, *self[1:])

    def split(self, at_byte: int) -> tuple[tuple[AddressBlock, ...], tuple[AddressBlock, ...]]:
        """Return what lies below and what lies from an address on, in blocks."""
        if self.end_byte <= at_byte:
            return (self,), ()
        if self.start_byte >= at_byte:
            return (), (self,)
        if self.outer > 1:
            return self._split_groups(at_byte)
        if self.inner > 1:
            row = AddressBlock(
                self.start_byte, self.run_bytes, outer=self.inner, outer_stride_bytes=self.inner_stride_bytes
            )
            return row._split_groups(at_byte)
        below = at_byte - self.start_byte
        return (AddressBlock(self.start_byte, below),), (AddressBlock(at_byte, self.run_bytes - below),)

    def _split_groups(self, at_byte: int) -> tuple[tuple[AddressBlock, ...], tuple[AddressBlock, ...]]:
        """Split between groups, and at most one group in itself."""
        whole = max(0, (at_byte - self.start_byte - self.group_bytes) // self.outer_stride_bytes + 1)
        below = (self._replace(outer=whole),) if whole else ()
        group = self._replace(start_byte=self.start_byte + whole * self.outer_stride_bytes, outer=1)
        rest = self._replace(
            start_byte=self.start_byte + (whole + 1) * self.outer_stride_bytes,
            outer=max(1, self.outer - whole - 1),
        )
        low, high = group.split(at_byte)
        return (*below, *low), (*high, rest) if whole + 1 < self.outer else high


Blocks = tuple[AddressBlock, ...]
"""The blocks of one transfer, in the order in which they are asked for."""


def bursts(blocks: Blocks, burst_bytes: int) -> Iterator[int]:
    """Generate the addresses of a transfer's bursts; one that a block ends in and the next begins in comes once."""
    before = None
    for block in blocks:
        for address in block.bursts(burst_bytes):
            if address != before:
                yield address
            before = address


def burst_count(blocks: Blocks, burst_bytes: int) -> int:
    """Count what `bursts` generates."""
    if len(blocks) == 1:
        return blocks[0].burst_count(burst_bytes)
    shared = sum((a.end_byte - 1) // burst_bytes == b.start_byte // burst_bytes for a, b in pairwise(blocks))
    return sum(block.burst_count(burst_bytes) for block in blocks) - shared


def _bursts_of(start: int, length: int, runs: int, stride: int, burst_bytes: int) -> int:
    """Count the bursts of `runs` runs of `length` bytes, `stride` apart."""
    last = (start + length - 1) // burst_bytes
    once = last + 1 - start // burst_bytes
    if runs == 1:
        return once
    if stride % burst_bytes:
        return sum(1 for _ in AddressBlock(start, length, runs, stride).bursts(burst_bytes))
    return runs * once - (runs - 1) * (last == (start + stride) // burst_bytes)
