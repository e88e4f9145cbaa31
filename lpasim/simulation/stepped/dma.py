"""The load engines: request blocks in order, each as soon as a half is free and its makers have stored."""

from __future__ import annotations

from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.channel import Channel
from lpasim.simulation.stepped.jobs import Transfer


class LoadEngine:
    """The input or the weight engine."""

    def __init__(self, blocks: list[Transfer], makers: list[tuple[int, ...]], buffer: Buffer) -> None:
        self._blocks, self._makers, self._buffer = blocks, makers, buffer
        self._next = 0

    def request(self, channel: Channel, stored: list[bool], now: int) -> Transfer | None:
        """Request the next block, if it may be; return it."""
        if self._next == len(self._blocks):
            return None
        block = self._blocks[self._next]
        if not self._buffer.has_free_half or not all(stored[maker] for maker in self._makers[block.layer]):
            return None
        self._buffer.take_half(block)
        self._next += 1
        channel.request(block, now)
        return block
