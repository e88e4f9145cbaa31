"""The channel of a memory with banks, stepped: in each cycle it runs the memory clocks that begin in it."""

from __future__ import annotations

from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.hardware.model import Hardware
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.dram.reference import ReferenceMemory
from lpasim.simulation.dram.use import DramUse, bus_cycles
from lpasim.simulation.stepped.channel import ORDER, Channel
from lpasim.simulation.stepped.jobs import NEVER, Transfer
from lpasim.simulation.stepped.memory import Memory, Tensors


class BankedChannel(Channel):
    """External memory behind a controller that reorders bursts. `waiting` are the transfers of which none has begun."""

    def __init__(self, hardware: Hardware, memory: Memory, tensors: list[Tensors]) -> None:
        super().__init__(hardware, memory, tensors)
        self._parameters = dram_parameters(hardware.dram)
        self._banks = ReferenceMemory(self._parameters)
        self._ratio = ClockRatio.of(hardware)
        self._under_way: dict[int, Transfer] = {}
        self.use = [DramUse() for _ in tensors]

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._under_way or self.in_flight)

    def grant(self, now: int) -> None:
        """Hand the new requests over, and run the clocks that begin in the cycle from `now`."""
        asked = [transfer for transfer in self.waiting if transfer not in self._under_way.values()]
        for transfer in sorted(asked, key=lambda t: (t.tile, ORDER.index(t.engine))):
            ticket = self._banks.push(transfer.blocks, transfer.engine == "store")
            self._under_way[ticket] = transfer
        while self._banks.clock < self._ratio.first_clock(now + 1):
            self._banks.step()
        for ticket, transfer in list(self._under_way.items()):
            if transfer.granted == NEVER and self._banks.entered(ticket) is not None:
                self._start(transfer, now)
                self.waiting.remove(transfer)
        for served in self._banks.take():
            transfer = self._under_way.pop(served.ticket)
            is_write = transfer.engine == "store"
            self.use[transfer.layer] = self.use[transfer.layer].plus(served, is_write)
            lag = 0 if is_write else self._latency
            self.in_flight.append((self._ratio.cycle_after(served.done) + lag, transfer))

    def busy_cycles(self) -> list[int]:
        """Cycles for which the data of each layer had the buses."""
        return bus_cycles([use.bursts for use in self.use], self._parameters, self._ratio)
