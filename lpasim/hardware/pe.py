"""The section `pe` of a description: what a processing element computes in a cycle, and what it costs."""

from __future__ import annotations

from pydantic import Field

from lpasim.hardware.lanes import LaneTable, lanes_by_width
from lpasim.hardware.quantities import AreaUm2, Count, EnergyPj
from lpasim.hardware.section import Section


class Pe(Section):
    """Processing elements. One of them, or some together, are a cell: what stands where a row meets a column.

    In one cycle a cell multiplies each of its weight lanes with each of its activation lanes: weight lanes are output
    channels side by side, and activation lanes are terms of one sum.
    """

    per_cell: Count = Field(default=1, description="PEs of one cell of the array, which work together on wide words")
    weight_lanes: LaneTable = Field(
        default="2:4, 4:2, 8:1", description="weights of a cell side by side, by width: pairs of width [bit]:lanes"
    )
    activation_lanes: LaneTable = Field(
        default="2:1, 4:1, 8:1",
        description="activations that a cell takes and adds up in a cycle, by width: pairs of width [bit]:lanes",
    )
    area_um2: AreaUm2 = Field(description="one PE")
    mac_8bit_pj: EnergyPj = Field(description="one step of a weight lane where a cell has 1 (mode C of LPA)")
    mac_4bit_pj: EnergyPj = Field(description="one step of a weight lane where a cell has 2 (mode B of LPA)")
    mac_2bit_pj: EnergyPj = Field(description="one step of a weight lane where a cell has 4 (mode A of LPA)")

    @property
    def most_weight_lanes(self) -> int:
        """Weight lanes with the narrowest weights."""
        return max(lanes_by_width(self.weight_lanes).values())

    @property
    def most_activation_lanes(self) -> int:
        """Activation lanes with the narrowest activations."""
        return max(lanes_by_width(self.activation_lanes).values())
