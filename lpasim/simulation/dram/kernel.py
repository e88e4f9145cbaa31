"""The compiled model of a banked memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SimulationError
from lpasim.hardware.dram_parameters import DramParameters
from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram.bursts import field_bits
from lpasim.simulation.dram.rules import Command
from lpasim.simulation.dram.served import Served
from lpasim_ext import dram

_ROW_FIELDS = {"channel": "Ch", "rank": "Ra", "group": "Bg", "bank": "Ba", "row": "Ro"}


class Logged(NamedTuple):
    """A command of a channel, and the ticket of the transfer that it is for; None: a refresh is for none."""

    channel: int
    command: Command
    ticket: int | None


class BankedMemory:
    """All channels. Transfers are pushed in the order of time; times are memory clocks.

    Parameters
    ----------
    parameters : DramParameters
    is_logged : bool
        Whether to keep the commands of each channel, for `log` and `take_log`.
    """

    def __init__(self, parameters: DramParameters, is_logged: bool = False) -> None:
        self._memory = dram.Memory(kernel_config(parameters), is_logged)
        self._capacity_bytes = parameters.capacity_bytes
        self._channels = parameters.channels

    def push(self, blocks: Sequence[AddressBlock], is_write: bool, clock: int) -> int:
        """Ask for the blocks of a transfer at a clock; return its ticket.

        Raises
        ------
        SimulationError
            If a block does not lie in the memory.
        """
        for block in blocks:
            self._check(block.end_byte - 1)
        return self._memory.push(np.array(blocks, np.int64), is_write, clock)

    def push_list(self, addresses: NDArray[np.int64], is_write: bool, clock: int) -> int:
        """Ask for the bursts at byte addresses [size], in their order; return the ticket.

        Raises
        ------
        SimulationError
            If an address does not lie in the memory.
        """
        self._check(int(addresses.max(initial=0)))
        return self._memory.push_list(addresses, is_write, clock)

    def _check(self, last_byte: int) -> None:
        if last_byte >= self._capacity_bytes:
            raise SimulationError(f"addresses must lie in the memory ({self._capacity_bytes} B), got {last_byte}")

    def advance(self, clock: int) -> None:
        """Declare that nothing will be pushed before a clock."""
        self._memory.advance(clock)

    def next_done(self) -> int | None:
        """Return when the next transfer is done if nothing is pushed before; None if none is under way."""
        return self._memory.next_done()

    def take(self, clock: int) -> list[Served]:
        """Take the transfers that `next_done` has seen to be done at a clock or before, in the order of time."""
        return [Served(ticket, entered, done, *counts) for ticket, entered, done, counts in self._memory.take(clock)]

    def entered(self, ticket: int) -> int | None:
        """Return when the first burst of a transfer under way enters a queue, as far as the model has run."""
        return self._memory.entered(ticket)

    def log(self, channel: int = 0) -> list[Command]:
        """Return the commands of a channel, as far as the model has run."""
        return [Command(*entry[:6]) for entry in self._memory.log(channel)]

    def take_log(self) -> Iterator[Logged]:
        """Generate the commands since the last time; right after a push or an advance, when they are final."""
        for channel in range(self._channels):
            for entry in self._memory.log(channel):
                yield Logged(channel, Command(*entry[:6]), None if entry[6] < 0 else entry[6])
        self._memory.clear_log()


def kernel_config(p: DramParameters) -> dict[str, Any]:
    """Return what the compiled model takes: distances between column commands by [last][next], reads first."""
    bits = field_bits(p)
    read_to_write = p.cl + p.burst_clocks - p.cwl
    write_end = p.cwl + p.burst_clocks
    other_rank = p.burst_clocks + p.rank_switch
    return {
        **{f"{name}_bits": bits[field] for name, field in _ROW_FIELDS.items()},
        **{name: getattr(p, name) for name in ("channels", "ranks", "groups", "banks", "read_queue", "write_queue")},
        **{name: getattr(p, name) for name in ("rcd", "rp", "ras", "rc", "rrd_s", "rrd_l", "faw", "rfc", "refi")},
        "burst_shift": p.burst_bytes.bit_length() - 1,
        "high": p.write_high,
        "low": p.write_low,
        "in_order": int(p.in_order),
        "closed_page": int(p.closed_page),
        "refresh": int(p.refresh),
        "latency": (p.cl + p.burst_clocks, write_end),
        "to_precharge": (p.rtp, write_end + p.wr),
        "same_group": ((p.ccd_l, read_to_write + p.turnaround), (write_end + p.wtr_l, p.ccd_l)),
        "same_rank": ((p.ccd_s, read_to_write + p.turnaround), (write_end + p.wtr_s, p.ccd_s)),
        "other_rank": (
            (other_rank, read_to_write + max(p.turnaround, p.rank_switch)),
            (max(1, write_end + p.rank_switch - p.cl), other_rank),
        ),
    }
