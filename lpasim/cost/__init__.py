"""Cost: area, energy and power of counted actions."""

from lpasim.cost.actions import Actions
from lpasim.cost.area import AreaReport, area
from lpasim.cost.energy import EnergyReport, energy, leakage_mw

__all__ = ["Actions", "AreaReport", "EnergyReport", "area", "energy", "leakage_mw"]
