"""Clocks of the memory and cycles of the array: exact, counted from their common start, so that nothing drifts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from lpasim.hardware.model import Hardware


@dataclass(frozen=True, slots=True)
class ClockRatio:
    """`clocks` memory clocks take as long as `cycles` array cycles; clock 0 and cycle 0 begin together."""

    clocks: int
    cycles: int

    @classmethod
    def of(cls, hardware: Hardware) -> ClockRatio:
        """Return the ratio of an accelerator with a banked memory."""
        ratio = Fraction(str(hardware.dram.device.clock_mhz)) / Fraction(str(hardware.clock_mhz))
        return cls(ratio.numerator, ratio.denominator)

    def first_clock(self, cycle: int) -> int:
        """Return the first clock that begins in a cycle or later."""
        return -(-cycle * self.clocks // self.cycles)

    def last_clock(self, cycle: int) -> int:
        """Return the last clock that begins at the start of a cycle or before."""
        return cycle * self.clocks // self.cycles

    def cycle_of(self, clock: int) -> int:
        """Return the cycle in which a clock begins."""
        return clock * self.cycles // self.clocks

    def cycle_after(self, clock: int) -> int:
        """Return the first cycle that begins with a clock or after it."""
        return -(-clock * self.cycles // self.clocks)
