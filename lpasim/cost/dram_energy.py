"""Energy of DRAM from the currents of a data sheet, as Micron's power calculators compute it.

A device draws a standby current all the time, IDD3N while any bank is open and IDD2N while none is. A command adds what
its measured current exceeds that by, for as long as it takes:

* an activate, with its precharge: IDD0, measured with one bank opened for tRAS and closed again each tRC = tRAS + tRP;
* a read or a write: IDD4R or IDD4W, measured with one burst after the other;
* a refresh: IDD5B, measured with one refresh after the other, over standby with all banks closed, for tRFC.

The word lines have a supply of their own (VPP), with currents IPP of the same names. Not included, because it depends
on the board: the energy of the interface (output drivers, termination). Power-down is not modelled. Currents of a data
sheet are limits, which devices stay below.

References
----------
Micron Technology, TN-40-07: Calculating Memory Power for DDR4 SDRAM, 2017; before it, TN-46-03 for DDR. Calculators
that count a refresh as time with a bank open subtract IDD3N from IDD5B. Here it is time with none, so that IDD2N is
subtracted. Either way a rank that refreshes draws IDD5B.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from math import fsum

from lpasim.cost.dram_commands import DramCommands
from lpasim.errors import HardwareError

_TABLE = "dram_idd.csv"


@dataclass(frozen=True, slots=True)
class DramDevice:
    """The devices of a rank: times [ns], supplies [V] and currents [mA] of one, and how many share each command."""

    tck: float
    burst: float
    devices: float
    vdd: float
    vpp: float
    tras: float
    trp: float
    trfc: float
    idd0: float
    idd2n: float
    idd3n: float
    idd4r: float
    idd4w: float
    idd5b: float
    ipp0: float
    ipp3n: float
    ipp5b: float


@dataclass(frozen=True, slots=True)
class DramEnergy:
    """Energy in pJ by cause. `activate` includes the precharge."""

    activate: float
    read: float
    write: float
    refresh: float
    background: float

    @property
    def total_pj(self) -> float:
        """The sum of all causes."""
        return fsum(self.by_cause().values())

    def by_cause(self) -> dict[str, float]:
        """Return the energies [pJ] by cause."""
        return asdict(self)


def devices_with_currents() -> tuple[str, ...]:
    """Return the DRAM presets whose currents are known; the others have an energy a bit alone."""
    return tuple(_rows())


@cache
def load_dram_device(preset: str) -> DramDevice:
    """Read the currents of a DRAM preset.

    Raises
    ------
    HardwareError
        If they are not known.
    """
    if preset not in _rows():
        known = ", ".join(devices_with_currents())
        raise HardwareError(f"a DRAM with currents of a data sheet must be one of {known}, got {preset!r}")
    return DramDevice(**{row["symbol"]: float(row["value"]) for row in _rows()[preset]})


def describe_dram_device(preset: str) -> tuple[dict[str, str], ...]:
    """Return the rows behind a device: symbol, value, unit, confidence and source; none if currents are not known."""
    return _rows().get(preset, ())


def dram_energy_pj(commands: DramCommands, device: DramDevice) -> DramEnergy:
    """Price counted commands.

    Parameters
    ----------
    commands : DramCommands
        Of a layer or a whole run: energy is linear in them.
    device : DramDevice
        The devices of a rank.

    Returns
    -------
    DramEnergy
        Energy in pJ: 1 mA x 1 V x 1 ns.
    """
    trc, burst_ns = device.tras + device.trp, device.burst * device.tck
    activate = device.vdd * (device.idd0 * trc - device.idd3n * device.tras - device.idd2n * device.trp)
    activate += device.vpp * (device.ipp0 - device.ipp3n) * trc
    read = device.vdd * (device.idd4r - device.idd3n) * burst_ns
    write = device.vdd * (device.idd4w - device.idd3n) * burst_ns
    refresh = device.vdd * (device.idd5b - device.idd2n) + device.vpp * (device.ipp5b - device.ipp3n)
    standby_mw = {"active": device.vdd * device.idd3n, "idle": device.vdd * device.idd2n}
    word_line_mw = device.vpp * device.ipp3n
    background = fsum(
        (
            commands.active_cycles * (standby_mw["active"] + word_line_mw),
            commands.idle_cycles * (standby_mw["idle"] + word_line_mw),
        )
    )
    return DramEnergy(
        activate=commands.activates * activate * device.devices,
        read=commands.reads * read * device.devices,
        write=commands.writes * write * device.devices,
        refresh=commands.refreshes * refresh * device.trfc * device.devices,
        background=background * device.tck * device.devices,
    )


@cache
def _rows() -> dict[str, tuple[dict[str, str], ...]]:
    text = files("lpasim.cost").joinpath("tables", _TABLE).read_text(encoding="utf-8")
    rows: dict[str, tuple[dict[str, str], ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        rows[row["preset"]] = (*rows.get(row["preset"], ()), row)
    return rows
