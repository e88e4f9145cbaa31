"""A run priced as the simulator of ANT prices it: to see which of its rules decide the published energies.

Its rules, applied to cycles and traffic of ours: DRAM's background power for the whole run; bits on the DRAM bus; the
operands of every MAC from the buffers as if no PE shared them, a partial sum read and written for every MAC
(weight-stationary), each weight read once a tile; and one price a cycle for each cell, busy or not. A PE of LPA is
taken to cost as much, by area, as ANT's cell: an assumption, since LPA is not in that simulator.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import fsum

from lpasim.reports.report import Report
from lpasim.reports.reproduction.case import OWN, PES64, accelerator
from lpasim.reports.reproduction.published import constants


@dataclass(frozen=True, slots=True)
class AntEnergy:
    """Energy in mJ by the parts that ANT's simulator reports."""

    static: float
    dram: float
    buffers: float
    core: float

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return fsum(self.parts().values())

    def parts(self) -> dict[str, float]:
        """Return the energies [mJ] by part."""
        return asdict(self)


def priced_as_ant(report: Report) -> AntEnergy:
    """Price a run by the rules of ANT's simulator."""
    price = {name: constant.value for name, constant in constants("ant_prices").items()}
    cycles, actions = report.result.cycles, report.result.actions
    macs = [(layer.gemm.macs, layer.activation_format.n) for layer in report.trace.layers if layer.gemm]
    operand_bits = sum(count * bits for count, bits in macs)
    sum_bits = sum(count for count, _ in macs) * price["output_bits"]
    buffers_pj = (
        operand_bits * price["activation_read_pj"]
        + actions.weight_buffer_read_bits * price["weight_read_pj"]
        + sum_bits * (price["output_read_pj"] + price["output_write_pj"])
    )
    dram_pj = 8 * (actions.dram_read_bytes * price["dram_read_pj"] + actions.dram_write_bytes * price["dram_write_pj"])
    return AntEnergy(
        static=price["static_mw"] * cycles / price["clock_mhz"] * 1e-6,
        dram=dram_pj * 1e-9,
        buffers=buffers_pj * 1e-9,
        core=price["core_pj"] * _cells_of_ant(report) * cycles * 1e-9,
    )


def _cells_of_ant(report: Report) -> float:
    """Return how many cells the array counts as: its own, or for LPA those of ANT that are as large as its PEs."""
    chip = report.resolved.hardware
    if chip.name != "lpa":
        return chip.array.rows * chip.array.cols
    ant = accelerator("ant", PES64, OWN).hardware.pe
    return chip.pes * chip.pe.area_um2 / (ant.per_cell * ant.area_um2)
