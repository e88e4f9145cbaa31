"""Memory with banks: a compiled model, and a slow reference that steps one clock at a time (docs/dram.md)."""

from lpasim.simulation.dram.kernel import BankedMemory
from lpasim.simulation.dram.reference import ReferenceMemory
from lpasim.simulation.dram.served import Served

__all__ = ["BankedMemory", "ReferenceMemory", "Served"]
