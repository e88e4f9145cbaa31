"""The requests of a run to external memory as text, for simulators of memory and for tables.

========  ==============================================================================================
ramulator  ``LD 0x1000`` or ``ST 0x1000``: what the LoadStoreTrace frontend of Ramulator 2.0 and 2.1 reads
dramsim3   ``0x1000 READ 25``: what DRAMsim3 1.0 reads with ``-t``; the time is in clocks of the memory
csv        a line for each burst, with what it belongs to
========  ==============================================================================================

References
----------
H. Luo et al., "Ramulator 2.0: A Modern, Modular, and Extensible DRAM Simulator", IEEE CAL 23(1), 2024.
S. Li et al., "DRAMsim3: A Cycle-Accurate, Thermal-Capable DRAM Simulator", IEEE CAL 19(2), 2020.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from typing import TextIO

from lpasim.errors import HardwareError
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule
from lpasim.simulation.channel import Transfer, Watch
from lpasim.simulation.requests import RequestTimes

RAMULATOR, DRAMSIM3, CSV = FORMS = ("ramulator", "dramsim3", "csv")
COLUMNS = ("cycle", "layer", "engine", "tile", "address", "bytes", "kind")
"""Of the csv form: the cycle of the array; the layer's name; the DMA engine; the run-wide number of the first tile that
the transfer is for; the address and the bytes of the burst; read or write."""


def memory_clock_mhz(hardware: Hardware) -> Fraction:
    """Return the clock of an accelerator's memory, if its description says it.

    Raises
    ------
    HardwareError
        If it does not.
    """
    clock_mhz = hardware.dram.device.clock_mhz
    if clock_mhz is None:
        raise HardwareError(f"dram.device.clock_mhz must be given, or --memory-clock, got neither ({hardware.name})")
    return Fraction(str(clock_mhz))


def write_trace(
    form: str, file: TextIO, schedule: Sequence[LayerSchedule], hardware: Hardware, clock_mhz: Fraction | None = None
) -> Watch:
    """Start a trace, and return what writes the bursts of a transfer: the engine tells it of each.

    Parameters
    ----------
    form : str
        One of `FORMS`.
    file : text file
    schedule : sequence of LayerSchedule
    hardware : Hardware
    clock_mhz : Fraction, optional
        Clock of the memory, for `DRAMSIM3`; by default that of the accelerator's memory.

    Raises
    ------
    HardwareError
        If the memory's clock is needed and not known.
    """
    if form == CSV:
        return _csv(file, schedule, hardware)
    if form == RAMULATOR:
        return _lines(file, RequestTimes.of(hardware), ("LD 0x{1:x}\n", "ST 0x{1:x}\n"))
    clock = memory_clock_mhz(hardware) if clock_mhz is None else clock_mhz
    times = RequestTimes.of(hardware, clock / Fraction(str(hardware.clock_mhz)))
    return _lines(file, times, ("0x{1:x} READ {0}\n", "0x{1:x} WRITE {0}\n"))


def _lines(file: TextIO, times: RequestTimes, texts: tuple[str, str]) -> Watch:
    """Write one line for each burst, in the text for reads or that for writes: time and address are filled in."""

    def watch(transfer: Transfer) -> None:
        text = texts[_stores(transfer)]
        file.writelines(text.format(time, address) for time, address in times.bursts(transfer))

    return watch


def _csv(file: TextIO, schedule: Sequence[LayerSchedule], hardware: Hardware) -> Watch:
    times, size = RequestTimes.of(hardware), hardware.dram.burst_bytes
    names = [layer.layer.name for layer in schedule]
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)

    def watch(transfer: Transfer) -> None:
        kind = ("read", "write")[_stores(transfer)]
        table.writerows(
            (cycle, names[transfer.layer], transfer.engine, transfer.tile, f"0x{address:x}", size, kind)
            for cycle, address in times.bursts(transfer)
        )

    return watch


def _stores(transfer: Transfer) -> bool:
    return transfer.engine == "store"
