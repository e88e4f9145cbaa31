"""A banked memory in whole clocks: what its controller and its model compute with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from lpasim.hardware.dram import CLOSED_PAGE, IN_ORDER, Dram
from lpasim.hardware.dram_timing import in_clocks

FIELDS = ("Ch", "Ra", "Bg", "Ba", "Ro", "Co")
"""Fields of an address, in the order of a device: channel, rank, bank group, bank, row, column."""


@dataclass(frozen=True)
class DramParameters:
    """Shape, distances between commands (in memory clocks) and policies.

    Attributes
    ----------
    banks : int
        Of one bank group.
    bursts : int
        Of one row.
    burst_bytes, burst_clocks : int
        What a column command moves, and how long it has the data bus.
    fields : tuple of str
        Of an address, from low to high.
    """

    clock_mhz: Fraction
    channels: int
    ranks: int
    groups: int
    banks: int
    rows: int
    bursts: int
    burst_bytes: int
    burst_clocks: int
    cl: int
    cwl: int
    rcd: int
    rp: int
    ras: int
    rc: int
    ccd_s: int
    ccd_l: int
    rrd_s: int
    rrd_l: int
    faw: int
    rtp: int
    wr: int
    wtr_s: int
    wtr_l: int
    turnaround: int
    rank_switch: int
    refi: int
    rfc: int
    fields: tuple[str, ...]
    in_order: bool
    closed_page: bool
    refresh: bool
    read_queue: int
    write_queue: int
    write_high: int
    write_low: int

    @property
    def sizes(self) -> dict[str, int]:
        """Values of each field of an address."""
        values = (self.channels, self.ranks, self.groups, self.banks, self.rows, self.bursts)
        return dict(zip(FIELDS, values, strict=True))

    @property
    def capacity_bytes(self) -> int:
        """Size of the whole memory."""
        bursts = self.channels * self.ranks * self.groups * self.banks * self.rows * self.bursts
        return bursts * self.burst_bytes


def mapping_fields(mapping: str) -> tuple[str, ...] | None:
    """Return the fields that a mapping ("RoBaRaCoCh") names, from low to high; None if it names something else."""
    found = re.findall("..?", mapping)
    return None if set(found) - set(FIELDS) else tuple(reversed(found))


def dram_parameters(dram: Dram) -> DramParameters:
    """Resolve the description of a banked memory.

    Parameters
    ----------
    dram : Dram
        A complete one, as `lpasim.hardware.load_hardware` checks it.
    """
    device, control = dram.device.model_dump(), dram.controller
    clock_mhz = device["clock_mhz"]
    clocks = {name: in_clocks(text, clock_mhz) for name, text in dram.timing.model_dump().items()}
    fields = mapping_fields(control.mapping) or ()
    return DramParameters(
        clock_mhz=Fraction(str(clock_mhz)),
        channels=device["channels"],
        ranks=device["ranks"],
        groups=device["bank_groups"],
        banks=device["banks_per_group"],
        rows=device["rows"],
        bursts=device["columns"] // device["burst_length"],
        burst_bytes=dram.burst_bytes,
        burst_clocks=int(device["burst_length"] * Fraction(str(clock_mhz)) / Fraction(str(device["data_rate_mts"]))),
        **clocks,
        fields=fields + tuple(name for name in FIELDS if name not in fields),
        in_order=control.scheduling == IN_ORDER,
        closed_page=control.page == CLOSED_PAGE,
        refresh=control.refresh,
        read_queue=control.read_queue,
        write_queue=control.write_queue,
        write_high=control.write_high,
        write_low=control.write_low,
    )
