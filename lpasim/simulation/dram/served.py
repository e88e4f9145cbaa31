"""What is known of a transfer that a banked memory has served."""

from __future__ import annotations

from typing import NamedTuple


class Served(NamedTuple):
    """A transfer. Times and clocks are memory clocks.

    Attributes
    ----------
    ticket : int
        Place in the order of requests.
    entered : int
        When its first burst entered a queue.
    done : int
        When its last data had been on the bus.
    activates, precharges, refreshes : int
        Commands that were issued for it; a refresh counts for the transfer that comes after it.
    bursts : int
    hits, misses, conflicts : int
        Bursts that found their row open, their bank closed, or another row open.
    active_clocks, idle_clocks : int
        Clocks of each rank with a bank open, and with none, since the command before each of its own.
    """

    ticket: int
    entered: int
    done: int
    activates: int
    precharges: int
    refreshes: int
    bursts: int
    hits: int
    misses: int
    conflicts: int
    active_clocks: int
    idle_clocks: int
