"""The input and the weight DMA engine: each fetches its blocks in order, as early as a half of its buffer is free."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field

import simpy

from lpasim.mapping.addresses import Blocks
from lpasim.simulation.channel import Channel
from lpasim.simulation.runs import Operand, TileRun
from lpasim.simulation.signal import Clock, Signal

Process = Generator[simpy.Event, None, None]


@dataclass(frozen=True)
class LoadEngine:
    """One DMA engine that fills one buffer.

    Parameters
    ----------
    name : str
        ``"input"`` or ``"weight"``.
    halves : int or None
        Blocks that the buffer holds; None: any number.
    decode_cycles : int
        Cycles from the landing of a block until the array can use it.
    block_of : callable
        The operand block of a tile and where it is in memory; None where the tile fetches no such block.
    makers_of : callable
        Indices of the layers that make a layer's operand.
    """

    env: Clock
    name: str
    channel: Channel
    halves: int | None
    decode_cycles: int
    block_of: Callable[[TileRun], tuple[Operand, Blocks] | None]
    makers_of: Callable[[int], Sequence[int]]
    layer_stored: Sequence[Signal]
    held: deque[Operand] = field(default_factory=deque)

    def process(self, runs: Iterable[TileRun]) -> Process:
        """Fetch every block of the run, in order."""
        for run in runs:
            found = self.block_of(run)
            if found is None:
                continue
            operand, blocks = found
            if len(self.held) == self.halves:
                yield self.held.popleft().released
            if self.halves is not None:
                self.held.append(operand)
            for maker in self.makers_of(run.layer):
                yield self.layer_stored[maker]
                operand.makers_stored_at = max(operand.makers_stored_at, self.layer_stored[maker].at)
            operand.transfer = self.channel.request(
                self.name, run.index, run.layer, blocks, operand.usable, self.decode_cycles
            )

    def kept(self) -> Iterable[Signal]:
        """Give the releases of the blocks that the buffer held last."""
        return (operand.released for operand in self.held)


def input_block(run: TileRun) -> tuple[Operand, Blocks] | None:
    """Give the input block that a tile is the first to use."""
    return None if run.tile.input_bytes is None else (run.inputs, run.tile.input_blocks)


def weight_block(run: TileRun) -> tuple[Operand, Blocks] | None:
    """Give the weight block that a tile is the first to use."""
    if run.tile.weight_bytes is None or run.weights is None:
        return None
    return run.weights, run.tile.weight_blocks
