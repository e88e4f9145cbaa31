"""Whole cycles, and an event with a date: what the engine adds to SimPy."""

from __future__ import annotations

import simpy
from simpy.events import NORMAL, EventPriority

SETTLED = EventPriority(2)
"""Priority of an event that comes when everything else of its cycle has happened (SimPy's own have 0 and 1)."""


class Clock(simpy.Environment):
    """SimPy's environment, counting whole cycles."""

    @property
    def now(self) -> int:
        """The current cycle."""
        return self._now  # type: ignore[return-value]  # every delay is a whole number


class Signal(simpy.Event):
    """Something that happens once, at a time that becomes known later than the processes that wait for it.

    Attributes
    ----------
    at : int
        The cycle in which it happens, once that is known; 0 before.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.at = 0

    def fire(self, delay_cycles: int = 0, priority: EventPriority = NORMAL) -> None:
        """Let it happen `delay_cycles` from now."""
        self.at = self.clock.now + delay_cycles
        self._ok = True
        self._value = None
        self.clock.schedule(self, priority=priority, delay=delay_cycles)
