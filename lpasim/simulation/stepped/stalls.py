"""Why the array waits in a cycle, judged by the state of the chip in that cycle."""

from __future__ import annotations

from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.channel import Channel
from lpasim.simulation.stepped.jobs import NEVER, Job, OutputTile, Transfer
from lpasim.simulation.stepped.output import OutputBuffer
from lpasim.simulation.stepped.ppu import Ppu


class Judge:
    """Charges waiting cycles to causes."""

    def __init__(self, inputs: Buffer, outputs: OutputBuffer, ppu: Ppu, channel: Channel) -> None:
        self._inputs, self._outputs, self._ppu, self._channel = inputs, outputs, ppu, channel

    def cause(self, job: Job, weights_are_in: bool, makers: tuple[bool, bool], now: int) -> str | None:
        """Return what keeps a tile that is ready from starting at `now`, or None.

        Parameters
        ----------
        job : Job
        weights_are_in : bool
            Whether the weights block the tile no more.
        makers : tuple of bool
            Whether all makers of the inputs, and of the weights, have stored.
        now : int
        """
        if job.weights is not None and not weights_are_in:
            return self._block(job.weights, makers[1], "weights_late", now)
        if job.inputs is not None and not self._inputs.usable(job.inputs, now):
            return self._block(job.inputs, makers[0], "inputs_late", now)
        holder = self._outputs.blocker
        return self._output_half(holder, now) if job.tile.opens and holder is not None else None

    def after_the_last_layer(self, now: int) -> str:
        """Return what the end of the run waits for."""
        return self._producers("output_full", now)

    def _block(self, block: Transfer, made: bool, late: str, now: int) -> str:
        if block.requested == NEVER:
            return late if made else self._producers(late, now)
        return "dram_busy" if block.granted == NEVER else late

    def _producers(self, otherwise: str, now: int) -> str:
        if self._ppu.waits_for_operand(now):
            return "dram_busy"
        if self._ppu.current is not None:
            return "ppu_busy"
        return "dram_busy" if any(waiting.engine == "store" for waiting in self._channel.waiting) else otherwise

    def _output_half(self, holder: OutputTile, now: int) -> str:
        if holder.ppu_end == NEVER:
            return "dram_busy" if self._ppu.waits_for_operand(now) else "ppu_busy"
        return "dram_busy" if holder.store is not None and holder.store.granted == NEVER else "output_full"
