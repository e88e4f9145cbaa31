"""The accelerator: presets, overrides, and the validated description that the rest of lpasim reads."""

from lpasim.hardware.citations import bibliography
from lpasim.hardware.entries import Overrides
from lpasim.hardware.export import Row, describe, to_yaml
from lpasim.hardware.loader import load_hardware
from lpasim.hardware.model import Hardware
from lpasim.hardware.numerics import datapath_of
from lpasim.hardware.presets import list_dram, list_hardware
from lpasim.hardware.sources import Range, ResolvedHardware, Source

__all__ = [
    "Hardware",
    "Overrides",
    "Range",
    "ResolvedHardware",
    "Row",
    "Source",
    "bibliography",
    "datapath_of",
    "describe",
    "list_dram",
    "list_hardware",
    "load_hardware",
    "to_yaml",
]
