"""The post-processing unit and the store DMA engine: output tiles in order, from the encoders to external memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

import simpy

from lpasim.simulation.activity import Activity
from lpasim.simulation.channel import Channel
from lpasim.simulation.runs import TileRun
from lpasim.simulation.signal import Clock, Signal


@dataclass(frozen=True)
class PpuProcess:
    """The post-processing unit.

    Parameters
    ----------
    encode_cycles : int
        Latency of the encoders.
    operand_makers : sequence of (sequence of Signal)
        By layer, the stores of the layers that make its second operand.
    stored : callable
        Told of every output tile when it is in external memory.
    """

    env: Clock
    channel: Channel
    activity: Activity
    encode_cycles: int
    operand_makers: Sequence[Sequence[Signal]]
    stored: Callable[[TileRun], None]

    def process(self, runs: Iterable[TileRun]) -> Generator[simpy.Event, None, None]:
        """Handle every output tile, in order."""
        env = self.env
        for run in runs:
            if not run.tile.closes:
                continue
            output = run.output
            yield output.emerging
            output.ppu_start, output.ppu_cycles = env.now, run.tile.ppu_cycles
            output.takes_operand = run.tile.operand_bytes > 0
            self.activity.add(output)
            end = env.now + output.ppu_cycles
            if run.tile.folds:
                end = max(end, output.array_end + self.encode_cycles + 1)
            if run.tile.operand_bytes:
                yield from self.operand_makers[run.layer]
                landed = Signal(env)
                blocks = run.tile.operand_blocks
                output.operand = self.channel.request("operand", run.index, run.layer, blocks, landed, 0)
                yield landed
                end = max(end, env.now + 1)
            yield env.timeout(end - env.now)
            output.ppu_end = env.now
            self._store(run)

    def _store(self, run: TileRun) -> None:
        """Give back what the tile no longer needs and send its results away."""
        if run.tile.folds == 0:
            run.inputs.released.fire()
        output = run.output
        output.stored.callbacks.append(lambda _: self.stored(run))
        if run.tile.store_bytes:
            output.store = self.channel.request("store", run.index, run.layer, run.tile.store_blocks, output.stored, 0)
        else:
            output.stored.fire()
