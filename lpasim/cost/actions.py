"""The vocabulary of what the simulator counts and the cost model prices.

`simulation` fills one `Actions` a layer and never prices it; `cost` prices it and never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Actions:
    """Counts of one layer or of a whole run.

    Attributes
    ----------
    mac_8bit, mac_4bit, mac_2bit : int
        Steps of weight lanes, where a cell has 1 lane, 2, or 4. A step is one multiply-accumulate, or as many as a cell
        has activation lanes. Idle lanes, rows and columns of partial folds do not count.
    weight_decodes : int
        8-bit packed weight words shifted into the array.
    activation_decodes : int
        Activation words fed to a row.
    encodes : int
        Result words encoded.
    ppu_passes : int
        Passes of one element through the post-processing unit.
    weight_buffer_read_bits, weight_buffer_write_bits : int
    input_buffer_read_bits, input_buffer_write_bits : int
    output_buffer_read_bits, output_buffer_write_bits : int
        Payload bits at the ports of the buffers.
    dram_read_bytes, dram_write_bytes : int
        Bytes on the DRAM bus, whole bursts.
    """

    mac_8bit: int = 0
    mac_4bit: int = 0
    mac_2bit: int = 0
    weight_decodes: int = 0
    activation_decodes: int = 0
    encodes: int = 0
    ppu_passes: int = 0
    weight_buffer_read_bits: int = 0
    weight_buffer_write_bits: int = 0
    input_buffer_read_bits: int = 0
    input_buffer_write_bits: int = 0
    output_buffer_read_bits: int = 0
    output_buffer_write_bits: int = 0
    dram_read_bytes: int = 0
    dram_write_bytes: int = 0

    @property
    def lane_steps(self) -> int:
        """Steps of all lanes: multiply-accumulates, where cells have one activation lane."""
        return self.mac_8bit + self.mac_4bit + self.mac_2bit

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))
