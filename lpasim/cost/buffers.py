"""The three on-chip buffers as SRAM macros: `HALVES` each, with a port as wide as the array side needs."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.cost.sram import SramMacro, price_macro
from lpasim.hardware.buffer_prices import BufferPrices
from lpasim.hardware.model import HALVES, MAX_LANES, WORD_BITS, Hardware, Technology

UM2_PER_MM2 = 1e6


@dataclass(frozen=True, slots=True)
class BufferPrice:
    """What a buffer costs: energy of one payload bit [pJ], leakage power of both halves [mW], their area [um2]."""

    port_bits: int
    read_pj_per_bit: float
    write_pj_per_bit: float
    leakage_mw: float
    area_um2: float


def port_bits(hardware: Hardware) -> dict[str, int]:
    """Return the width of each buffer's port [bit], by name.

    In one cycle, the weight buffer's port gives a packed word to each column, the input buffer's an activation word to
    each row, and the output buffer's takes a partial sum from each lane of each column.
    """
    array = hardware.array
    return {
        "weight_buffer": array.cols * WORD_BITS,
        "input_buffer": array.rows * WORD_BITS,
        "output_buffer": array.cols * MAX_LANES * array.psum_bits,
    }


def price_buffers(hardware: Hardware) -> dict[str, BufferPrice]:
    """Price the weight, input and output buffer, by name."""
    buffers = hardware.buffers
    table = hardware.technology.sram
    ports = port_bits(hardware)
    shapes = {name: (getattr(buffers, name.removesuffix("_buffer")), port) for name, port in ports.items()}
    return {
        name: _price(price_macro(table, size / HALVES, port), port, getattr(hardware, name), hardware.technology)
        for name, (size, port) in shapes.items()
    }


def _price(half: SramMacro, port_bits: int, given: BufferPrices, technology: Technology) -> BufferPrice:
    """Price a buffer by the table, scaled as the technology says, and by what is given in place of that."""
    read_pj, write_pj = (energy_pj * technology.sram_energy_scale for energy_pj in (half.read_pj, half.write_pj))
    leakage_mw = half.leakage_mw * HALVES * technology.sram_leakage_scale
    area_um2 = half.area_mm2 * HALVES * UM2_PER_MM2 * technology.sram_area_scale
    return BufferPrice(
        port_bits=port_bits,
        read_pj_per_bit=(read_pj if given.read_pj is None else given.read_pj) / port_bits,
        write_pj_per_bit=(write_pj if given.write_pj is None else given.write_pj) / port_bits,
        leakage_mw=leakage_mw if given.leakage_mw is None else given.leakage_mw,
        area_um2=area_um2 if given.area_um2 is None else given.area_um2,
    )
