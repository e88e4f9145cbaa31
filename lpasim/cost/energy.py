"""Energy of counted actions by component: number of actions times price, and leakage power times time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import fsum

from lpasim.cost.actions import Actions
from lpasim.cost.area import area
from lpasim.cost.buffers import price_buffers
from lpasim.cost.dram_commands import DramCommands
from lpasim.cost.dram_energy import devices_with_currents, dram_energy_pj, load_dram_device
from lpasim.cost.switching import price_factors
from lpasim.hardware.model import Hardware
from lpasim.quantization.activity import LayerActivity


@dataclass(frozen=True, slots=True)
class EnergyReport:
    """Energy in pJ by component. All but `leakage` are dynamic."""

    pe_array: float
    decoders: float
    encoders: float
    ppu: float
    weight_buffer: float
    input_buffer: float
    output_buffer: float
    dram: float
    leakage: float

    @property
    def total_pj(self) -> float:
        """The sum of all components."""
        return fsum(self.by_component().values())

    def by_component(self) -> dict[str, float]:
        """Return the energies [pJ] by component."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def energy(
    actions: Actions,
    cycles: int,
    hardware: Hardware,
    activity: LayerActivity | None = None,
    commands: DramCommands | None = None,
) -> EnergyReport:
    """Price counted actions.

    Parameters
    ----------
    actions : Actions
        Of a layer or a whole run. Energy is linear in them and in `cycles`, so that layers add up to the run.
    cycles : int
        Clock cycles for which the chip leaks.
    hardware : Hardware
        The prices.
    activity : LayerActivity, optional
        What the layer's words were measured to do to wires; without it, prices are those of random words. Energy stays
        linear in actions and cycles, and a layer's energy depends on its own activity alone.
    commands : DramCommands, optional
        What the memory controller did; priced by the currents of the memory's data sheet where these are known. Without
        commands, or without currents, each bit that was moved costs `dram.energy_pj_per_bit`.

    Returns
    -------
    EnergyReport
        Energy in pJ.
    """
    pe, buffers = hardware.pe, price_buffers(hardware)
    moved_bits = {
        "weight_buffer": (actions.weight_buffer_read_bits, actions.weight_buffer_write_bits),
        "input_buffer": (actions.input_buffer_read_bits, actions.input_buffer_write_bits),
        "output_buffer": (actions.output_buffer_read_bits, actions.output_buffer_write_bits),
    }
    macs_pj = fsum(
        (
            actions.mac_8bit * pe.mac_8bit_pj,
            actions.mac_4bit * pe.mac_4bit_pj,
            actions.mac_2bit * pe.mac_2bit_pj,
        )
    )
    decodes: float = actions.weight_decodes + actions.activation_decodes
    if activity is not None:
        factors = price_factors(activity, hardware.switching)
        macs_pj *= factors.mac
        decodes = (
            actions.weight_decodes * factors.weight_decode + actions.activation_decodes * factors.activation_decode
        )
    return EnergyReport(
        pe_array=macs_pj,
        decoders=decodes * hardware.decoder.energy_pj,
        encoders=actions.encodes * hardware.encoder.energy_pj,
        ppu=actions.ppu_passes * hardware.ppu.pass_pj,
        **{
            name: read * buffers[name].read_pj_per_bit + written * buffers[name].write_pj_per_bit
            for name, (read, written) in moved_bits.items()
        },
        dram=_dram_pj(actions, hardware, commands),
        leakage=leakage_mw(hardware) * cycles * 1000 / hardware.clock_mhz,
    )


def _dram_pj(actions: Actions, hardware: Hardware, commands: DramCommands | None) -> float:
    """Price external memory by its commands, or else by the bits that it moved."""
    if commands is not None and hardware.dram.preset in devices_with_currents():
        return dram_energy_pj(commands, load_dram_device(hardware.dram.preset)).total_pj
    return 8 * (actions.dram_read_bytes + actions.dram_write_bytes) * hardware.dram.energy_pj_per_bit


def leakage_mw(hardware: Hardware) -> float:
    """Return the leakage power of the chip [mW]: the buffers' from the SRAM table, the logic's by its area."""
    logic_mw = area(hardware).logic_um2 * hardware.technology.logic_leakage_nw_per_um2 * 1e-6
    return fsum((logic_mw, *(price.leakage_mw for price in price_buffers(hardware).values())))
