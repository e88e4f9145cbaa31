"""The books of a run: when each layer starts, ends and is stored, and what every cycle and byte is charged to."""

from __future__ import annotations

from lpasim.simulation.stepped.jobs import Job, OutputTile, Transfer
from lpasim.simulation.stepped.result import SteppedLayer


class Ledger:
    """One account a layer."""

    def __init__(self, jobs: list[Job]) -> None:
        count = jobs[-1].layer + 1
        self.layers = [SteppedLayer() for _ in range(count)]
        self.words = [layer.words for layer in self.layers]
        self._to_store = [len({job.output for job in jobs if job.layer == number}) for number in range(count)]
        self.ended = 0

    @property
    def all_ended(self) -> bool:
        """Whether the array has given its last result."""
        return self.ended == len(self.layers)

    @property
    def stored(self) -> list[bool]:
        """Whether each layer has stored all of its output tiles."""
        return [left == 0 for left in self._to_store]

    @property
    def current(self) -> SteppedLayer:
        """The layer that a cycle of the array belongs to."""
        return self.layers[min(self.ended, len(self.layers) - 1)]

    def arrive(self, transfer: Transfer, bus_bytes: int) -> None:
        """Enter a transfer that is done."""
        layer = self.layers[transfer.layer]
        layer.traffic_bytes[transfer.engine] += bus_bytes
        words = transfer.index.size
        layer.words.weights_landed += words if transfer.engine == "weight" else 0
        layer.words.inputs_landed += words if transfer.engine == "input" else 0
        layer.words.results_stored += words if transfer.engine == "store" else 0

    def begin(self, job: Job, now: int) -> None:
        """Enter the start of a tile."""
        if job.first_of_layer:
            self.layers[job.layer].array_start_cycle = now

    def close(self, output: OutputTile, now: int) -> None:
        """Enter an output tile that is stored."""
        self._to_store[output.layer] -= 1
        if self._to_store[output.layer] == 0:
            self.layers[output.layer].stored_cycle = now

    def end_layer(self, now: int) -> None:
        """Enter that the last result of the current layer has left the array."""
        self.current.array_end_cycle = self.current.end_cycle = now
        self.ended += 1
        if not self.all_ended:
            self.current.start_cycle = now

    def charge(self, cause: str | None, transfer: Transfer | None, output: OutputTile | None) -> None:
        """Charge one cycle of the array (to a cause, or as busy), of the channel and of the PPU."""
        if cause is None:
            self.current.busy_cycles += 1
        else:
            self.current.stalls[cause] += 1
        if transfer is not None:
            self.layers[transfer.layer].channel_busy_cycles += 1
        if output is not None:
            self.layers[output.layer].ppu_busy_cycles += 1
