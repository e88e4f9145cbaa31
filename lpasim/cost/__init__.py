"""Cost: area, energy and power of counted actions."""

from lpasim.cost.actions import Actions
from lpasim.cost.area import AreaReport, area
from lpasim.cost.dram_commands import DramCommands
from lpasim.cost.dram_energy import DramDevice, DramEnergy, devices_with_currents, dram_energy_pj, load_dram_device
from lpasim.cost.energy import EnergyReport, energy, leakage_mw

__all__ = [
    "Actions",
    "AreaReport",
    "DramCommands",
    "DramDevice",
    "DramEnergy",
    "EnergyReport",
    "area",
    "devices_with_currents",
    "dram_energy_pj",
    "energy",
    "leakage_mw",
    "load_dram_device",
]
