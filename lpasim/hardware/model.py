"""The hardware description: validated, frozen, in plain numbers.

Each key's unit is part of its type (`lpasim.hardware.quantities`), so that presets and ``--set`` may write ``500 MHz``
or ``128 KiB``. Where each value comes from is kept beside the description (`lpasim.hardware.sources`), not inside it.
"""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from lpasim.hardware.buffer_prices import BufferPrices
from lpasim.hardware.clashes import Clash, ClashError
from lpasim.hardware.codec import Decoder, Encoder, cost_without_units
from lpasim.hardware.dram import Dram
from lpasim.hardware.dram_rules import impossible_memory
from lpasim.hardware.lanes import WORD_BITS, lanes_by_width, stored_width
from lpasim.hardware.pe import Pe
from lpasim.hardware.quantities import (
    AreaUm2,
    Bits,
    Count,
    EnergyPj,
    Flag,
    LeakageNwPerUm2,
    Megahertz,
    Name,
    Nanometres,
    Passes,
    Scale,
    SizeBytes,
    Text,
    Volts,
)
from lpasim.hardware.section import Section
from lpasim.hardware.switching import Switching, shares_beyond_a_mac
from lpasim.hardware.technology import SRAM_TABLES
from lpasim.hardware.widths import DatapathWidths, sums_narrower_than_products
from lpasim.hardware.words import WordRules

SCHEMA = "lpasim-hardware"
VERSION = 1
REQUIRED_PASSES = ("default", "Identity")
"""Passes that a description must give: of operators that are not listed, and of taking a result out of the array."""
HALVES = 2
"""Halves of each buffer: one is filled while the other is read."""
_FOLD = ("array.rows", "array.cols", "pe.activation_lanes")
_ROWS = ("array.rows", "pe.activation_lanes")
_SUMS = ("array.cols", "array.psum_bits", "pe.weight_lanes")
"""What decides how much a fold takes of each buffer: the weight, the input and the output buffer."""


class Array(Section):
    """The weight-stationary systolic array."""

    rows: Count = Field(description="cells along the reduction dimension; a cell is one PE, or `pe.per_cell`")
    cols: Count = Field(description="cells along the output channels")
    weight_double_buffer: Flag = Field(description="a shadow register takes the next fold's weights while one streams")
    fold_overlap: Flag = Field(description="the next fold fills while the last one drains")
    psum_bits: Bits = Field(description="a partial sum in the output buffer")


class Ppu(Section):
    """The post-processing unit: `lanes_per_column` lanes beneath each column, each one pass of one element a cycle."""

    lanes_per_column: Count = Field(description="lanes beneath each column")
    lane_area_um2: AreaUm2 = Field(description="one lane")
    pass_pj: EnergyPj = Field(description="one pass over one element")
    passes: dict[str, Passes] = Field(
        description="passes of each ONNX operator over its elements; `default` for those not listed, `Identity` for "
        "taking a result out of the array"
    )

    @field_validator("passes")
    @classmethod
    def _has_fallbacks(cls, passes: dict[str, int]) -> dict[str, int]:
        missing = [name for name in REQUIRED_PASSES if name not in passes]
        if missing:
            raise ValueError(
                f"must hold the keys {' and '.join(REQUIRED_PASSES)}, got none named {' and '.join(missing)}"
            )
        return passes


class Buffers(Section):
    """On-chip SRAM. Each buffer is `HALVES` halves, of which one is filled while the other is read."""

    weight: SizeBytes = Field(description="weight buffer, both halves")
    input: SizeBytes = Field(description="input buffer, both halves")
    output: SizeBytes = Field(description="output buffer, both halves")


class Technology(Section):
    """The process, and the table that prices its SRAM."""

    node_nm: Nanometres = Field(description="the process")
    supply_v: Volts = Field(default=0.9, description="supply of the logic: energies given for another node scale to it")
    sram: Text = Field(description="table of SRAM macros")
    sram_energy_scale: Scale = Field(default=1.0, description="factor on the energies of that table")
    sram_leakage_scale: Scale = Field(default=1.0, description="factor on the leakage of that table")
    sram_area_scale: Scale = Field(default=1.0, description="factor on the areas of that table")
    logic_leakage_nw_per_um2: LeakageNwPerUm2 = Field(description="leakage power of PEs, decoders, encoders and PPU")

    @field_validator("sram")
    @classmethod
    def _known_table(cls, name: str) -> str:
        if name not in SRAM_TABLES:
            near = get_close_matches(name, SRAM_TABLES, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"must be one of {', '.join(SRAM_TABLES)}, got {name!r}{hint}")
        return name


class Hardware(Section):
    """An accelerator."""

    schema_name: Literal["lpasim-hardware"] = Field(alias="schema", description="marks a hardware description")
    version: Literal[1] = Field(description="of this schema")
    name: Name = Field(description="short name")
    title: Text = Field(description="one line for people")
    clock_mhz: Megahertz = Field(description="clock of the array, decoders, encoders, buffers and PPU")
    array: Array
    datapath: DatapathWidths = DatapathWidths()
    pe: Pe
    decoder: Decoder
    encoder: Encoder
    words: WordRules = WordRules()
    ppu: Ppu
    buffers: Buffers
    weight_buffer: BufferPrices = BufferPrices()
    input_buffer: BufferPrices = BufferPrices()
    output_buffer: BufferPrices = BufferPrices()
    dram: Dram
    technology: Technology
    switching: Switching = Switching()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = [
            *_overlap_without_shadow(self.array),
            *sums_narrower_than_products(self.datapath),
            *shares_beyond_a_mac(self.switching),
            *_small_buffers(self),
            *cost_without_units("decoder", self.decoder),
            *cost_without_units("encoder", self.encoder),
            *impossible_memory(self.dram),
            *_node_without_table(self.technology),
        ]
        if problems:
            raise ClashError(problems)
        return self

    @property
    def bytes_per_cycle(self) -> Fraction:
        """DRAM bandwidth in bytes a clock cycle, exactly."""
        return Fraction(str(self.dram.bandwidth_gbps)) * 1000 / Fraction(str(self.clock_mhz))

    @property
    def dram_latency_cycles(self) -> int:
        """What the memory's model adds to every load, in whole clock cycles, rounded up."""
        latency_ns = self.dram.controller.latency_ns if self.dram.is_banked else self.dram.latency_ns
        return -(-Fraction(str(latency_ns)) * Fraction(str(self.clock_mhz)) // 1000)

    @property
    def pes(self) -> int:
        """PEs of the array."""
        return self.array.rows * self.array.cols * self.pe.per_cell

    @property
    def port_bits(self) -> dict[str, int]:
        """Widest that the array takes from, or gives to, each buffer in one cycle [bit], by the buffer's name.

        A packed word for each column and term from the weight buffer, the activations of each row from the input
        buffer, and a partial sum from each lane of each column to the output buffer.
        """
        array, pe = self.array, self.pe
        row_bits = max(stored_width(width) * count for width, count in lanes_by_width(pe.activation_lanes).items())
        return {
            "weight": array.cols * WORD_BITS * pe.most_activation_lanes,
            "input": array.rows * row_bits,
            "output": array.cols * pe.most_weight_lanes * array.psum_bits,
        }

    @property
    def ppu_lanes(self) -> int:
        """Elements that the post-processing unit handles in one cycle and pass."""
        return self.array.cols * self.ppu.lanes_per_column


def _overlap_without_shadow(array: Array) -> list[Clash]:
    """Folds can only overlap if a PE holds the next weight while it still uses the last one."""
    if array.fold_overlap and not array.weight_double_buffer:
        rule = "must be false when array.weight_double_buffer is false, got true"
        return [Clash("array.fold_overlap", rule, ("array.weight_double_buffer",))]
    return []


def _small_buffers(hardware: Hardware) -> list[Clash]:
    """Half a buffer must hold what one fold of the array needs at once."""
    buffers, ports = hardware.buffers, hardware.port_bits
    needs = {
        "weight": (hardware.array.rows * ports["weight"] // 8, "one fold of weights", _FOLD),
        "input": (ports["input"] // 8, "one word of each row", _ROWS),
        "output": (-(-ports["output"] // 8), "one partial sum of each lane", _SUMS),
    }
    return [
        Clash(
            f"buffers.{name}",
            f"must hold {what} in each half ({HALVES * half_bytes} B in all), got {getattr(buffers, name)} B",
            others,
        )
        for name, (half_bytes, what, others) in needs.items()
        if getattr(buffers, name) < HALVES * half_bytes
    ]


def _node_without_table(technology: Technology) -> list[Clash]:
    """SRAM and logic must be of one node."""
    node = SRAM_TABLES[technology.sram].node_nm
    if technology.node_nm != node:
        rule = f"must be {node} nm, the node of {technology.sram}, got {technology.node_nm} nm"
        return [Clash("technology.node_nm", rule, ("technology.sram",))]
    return []
