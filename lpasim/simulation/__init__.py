"""Simulation: cycles, stalls and action counts of a schedule on an accelerator."""

from lpasim.simulation.engine import simulate
from lpasim.simulation.result import LayerResult, SimResult, Stalls

__all__ = ["LayerResult", "SimResult", "Stalls", "simulate"]
