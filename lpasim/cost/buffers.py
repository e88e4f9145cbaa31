"""The three on-chip buffers as SRAM macros: `HALVES` each, with a port as wide as the array side needs."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.cost.sram import SramMacro, load_sram_table
from lpasim.hardware.model import HALVES, Hardware

UM2_PER_MM2 = 1e6


@dataclass(frozen=True, slots=True)
class BufferPrice:
    """What a buffer costs: energy of one payload bit [pJ], leakage power of both halves [mW], their area [um2]."""

    port_bits: int
    read_pj_per_bit: float
    write_pj_per_bit: float
    leakage_mw: float
    area_um2: float


def price_buffers(hardware: Hardware) -> dict[str, BufferPrice]:
    """Price the weight, input and output buffer, by name."""
    ports = hardware.port_bits
    table = load_sram_table(hardware.technology.sram)
    return {
        f"{name}_buffer": _price(table.macro(getattr(hardware.buffers, name) / HALVES, port), port)
        for name, port in ports.items()
    }


def _price(half: SramMacro, port_bits: int) -> BufferPrice:
    return BufferPrice(
        port_bits=port_bits,
        read_pj_per_bit=half.read_pj / port_bits,
        write_pj_per_bit=half.write_pj / port_bits,
        leakage_mw=half.leakage_mw * HALVES,
        area_um2=half.area_mm2 * HALVES * UM2_PER_MM2,
    )
