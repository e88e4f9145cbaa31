"""Which price a memory has: that of its commands, by the currents of a data sheet, or that of a bit."""

from __future__ import annotations

from lpasim.cost.dram_energy import devices_with_currents
from lpasim.hardware import ResolvedHardware
from lpasim.hardware.presets import dram_preset

_KEYS = (
    "dram.energy_pj_per_bit",
    "dram.device.width_bits",
    "dram.device.burst_length",
    "dram.device.data_rate_mts",
    "dram.device.clock_mhz",
)
"""Values that currents stand for, or go with."""


def is_priced_by_commands(resolved: ResolvedHardware) -> bool:
    """Whether the energy of an accelerator's memory is that of its commands.

    It has banks and a preset with currents, and the description changes neither the preset's devices nor its price of a
    bit: who gives a price of his own, wants that one. A value stays the preset's as long as its source does.
    """
    dram = resolved.hardware.dram
    if not dram.is_banked or dram.preset not in devices_with_currents():
        return False
    preset = dram_preset(dram.preset)
    return all(resolved.sources[key] == preset[key].source for key in _KEYS)
