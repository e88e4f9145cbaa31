"""The three on-chip buffers as SRAM macros: `HALVES` each, with a port as wide as the array side needs."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.cost.sram import SramMacro, price_macro
from lpasim.hardware.buffer_prices import BufferPrices
from lpasim.hardware.model import HALVES, Hardware, Technology

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
    table = hardware.technology.sram
    prices = {}
    for name, port in hardware.port_bits.items():
        half = price_macro(table, getattr(hardware.buffers, name) / HALVES, port)
        given = getattr(hardware, f"{name}_buffer")
        prices[f"{name}_buffer"] = _price(half, port, given, hardware.technology)
    return prices


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
