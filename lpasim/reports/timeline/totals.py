"""What a timeline shows of each layer, added up from the records that it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lpasim.hardware.model import Hardware
from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.mapping import LayerSchedule
from lpasim.reports.statistics import STALL_CAUSES
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.records import EndRecord, OutputRecord, Record, TileRecord, TransferRecord
from lpasim.simulation.result import ENGINES


@dataclass(slots=True)
class Extent:
    """From the first to the last of something, in cycles."""

    begin: int
    end: int

    def reach(self, begin: int, end: int) -> None:
        """Take in some more cycles."""
        self.begin, self.end = min(self.begin, begin), max(self.end, end)
