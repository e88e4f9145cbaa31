"""The DRAM channel: one transfer at a time, as many bytes a cycle as the bandwidth gives."""

from __future__ import annotations

from lpasim.hardware.model import Hardware
from lpasim.simulation.stepped.jobs import Transfer
from lpasim.simulation.stepped.memory import Memory, Tensors

ORDER = ("store", "input", "weight", "operand")
"""Who goes first among requests of one time and tile."""


class Channel:
    """External memory behind its channel. With ideal memory a request is served at once."""

    def __init__(self, hardware: Hardware, memory: Memory, tensors: list[Tensors]) -> None:
        self._memory, self._tensors = memory, tensors
        self._ideal, self._burst_bytes = hardware.dram.ideal, hardware.dram.burst_bytes
        rate = hardware.bytes_per_cycle
        self._per_cycle, self._unit = rate.numerator, rate.denominator
        self._latency = hardware.dram_latency_cycles
        self._left = 0
        self._served: list[Transfer] = []
        self.current: Transfer | None = None
        self.waiting: list[Transfer] = []
        self.in_flight: list[tuple[int, Transfer]] = []

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self.current is not None or bool(self.in_flight)

    def bus_bytes(self, transfer: Transfer) -> int:
        """Bytes on the bus: every burst that holds a byte of the block, once."""
        size = self._burst_bytes
        runs = (run for block in transfer.blocks for run in block.runs())
        bursts = {burst for start, end in runs for burst in range(start // size, -(-end // size))}
        return len(bursts) * size

    def request(self, transfer: Transfer, now: int) -> None:
        """Put a transfer in the queue; a block of zero bytes is there at once."""
        transfer.requested = now
        if self._ideal or not transfer.blocks:
            self._start(transfer, now)
            self._finish(transfer, now)
            self._served.append(transfer)
        else:
            self.waiting.append(transfer)

    def grant(self, now: int) -> None:
        """Give a free channel to the oldest request."""
        if self.current is not None or not self.waiting:
            return
        oldest = min(self.waiting, key=lambda t: (t.requested, t.tile, ORDER.index(t.engine)))
        self.waiting.remove(oldest)
        self._start(oldest, now)
        self.current, self._left = oldest, self.bus_bytes(oldest) * self._unit

    def step(self) -> None:
        """Move one cycle's worth of bytes."""
        if self.current is not None:
            self._left -= self._per_cycle

    def settle(self, now: int) -> list[Transfer]:
        """Return the transfers that are done, or have landed, at `now`."""
        done, self._served = self._served, []
        if self.current is not None and self._left <= 0:
            lag = 0 if self.current.engine == "store" else self._latency
            self.in_flight.append((now + lag, self.current))
            self.current = None
        for time, transfer in list(self.in_flight):
            if time == now:
                self.in_flight.remove((time, transfer))
                self._finish(transfer, now)
                done.append(transfer)
        return done

    def _start(self, transfer: Transfer, now: int) -> None:
        transfer.granted = now
        tensors = self._tensors[transfer.layer]
        sources = {"input": tensors.inputs, "weight": tensors.weights, "operand": tensors.operand}
        source = sources.get(transfer.engine)
        if source is not None:
            transfer.words = self._memory.read(source[transfer.index])

    def _finish(self, transfer: Transfer, now: int) -> None:
        transfer.landed = now
        if transfer.engine == "store":
            self._memory.write(self._tensors[transfer.layer].outputs[transfer.index], transfer.words)
