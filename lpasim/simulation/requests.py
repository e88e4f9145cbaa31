"""The requests of a run to external memory: the bursts of each transfer, with the times at which they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from lpasim.hardware.model import Hardware
from lpasim.mapping.addresses import bursts
from lpasim.simulation.channel import Transfer


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """Spreads a transfer's bursts over the time that it has the channel.

    Burst i of a transfer that is granted at cycle g is asked for at g + i x burst / bandwidth, rounded down to a tick.
    With ideal memory, and with banks, all of them are asked for at once: when the transfer is.

    Parameters
    ----------
    burst_bytes : int
    ticks_per_cycle : Fraction
        Ticks of the clock in which times are wanted, in a cycle of the array.
    cycles_per_burst : Fraction
        0: memory is ideal or has banks.
    """

    burst_bytes: int
    ticks_per_cycle: Fraction
    cycles_per_burst: Fraction

    @classmethod
    def of(cls, hardware: Hardware, ticks_per_cycle: Fraction = Fraction(1)) -> RequestTimes:
        """Take bursts and bandwidth of an accelerator."""
        dram = hardware.dram
        at_once = dram.ideal or dram.is_banked
        cycles = Fraction(0) if at_once else dram.burst_bytes / hardware.bytes_per_cycle
        return cls(dram.burst_bytes, ticks_per_cycle, cycles)

    def bursts(self, transfer: Transfer) -> Iterator[tuple[int, int]]:
        """Generate the time in ticks and the address of every burst, in order."""
        begin = (transfer.requested if transfer.granted is None else transfer.granted) * self.ticks_per_cycle
        step = self.cycles_per_burst * self.ticks_per_cycle
        unit = begin.denominator * step.denominator
        at, more = int(begin * unit), int(step * unit)
        for address in bursts(transfer.blocks, self.burst_bytes):
            yield at // unit, address
            at += more
