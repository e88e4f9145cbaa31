"""Energy, leakage and area of an SRAM macro of any size and port, from a table of macros that CACTI computed.

Between the points of the table, the logarithm of a figure is linear in the logarithms of size and port width. Outside:

* a macro smaller than the smallest is priced as the smallest; an access to one larger than the largest costs as much
  as to the largest, and its leakage and area are in proportion to its size;
* a port narrower than the narrowest is a part of that: an access costs the same;
* a port wider than the widest is made of several macros of the widest port side by side, each with its share of the
  size. There may be a fraction of one, so that the cost has no steps.

A larger macro or a wider port never costs less energy an access, and a larger macro never leaks less or is smaller.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log

from lpasim.errors import HardwareError
from lpasim.hardware.technology import SRAM_TABLES

FIGURES = ("read_pj", "write_pj", "leakage_mw", "area_mm2")
_ENERGIES = ("read_pj", "write_pj")


@dataclass(frozen=True, slots=True)
class SramMacro:
    """What a macro costs: energy of one port access [pJ], leakage power [mW], area [mm2]."""

    read_pj: float
    write_pj: float
    leakage_mw: float
    area_mm2: float


@dataclass(frozen=True)
class SramTable:
    """A full grid of macros. `figures` has one row for each size, with one entry for each port width."""

    sizes_bytes: tuple[int, ...]
    ports_bits: tuple[int, ...]
    figures: dict[str, tuple[tuple[float, ...], ...]]

    def macro(self, size_bytes: float, port_bits: int) -> SramMacro:
        """Price a macro of a size [B] and a port width [bit].

        Raises
        ------
        HardwareError
            If the size or the width is not positive.
        """
        if size_bytes <= 0 or port_bits <= 0:
            raise HardwareError(
                f"an SRAM macro must have a positive size and port, got {size_bytes} B and {port_bits} bit"
            )
        beside = max(1.0, port_bits / self.ports_bits[-1])
        size, port = size_bytes / beside, port_bits / beside
        scale = max(1.0, size / self.sizes_bytes[-1])
        price = {name: self._between(name, size, port) * beside for name in FIGURES}
        return SramMacro(price["read_pj"], price["write_pj"], price["leakage_mw"] * scale, price["area_mm2"] * scale)

    def _between(self, name: str, size: float, port: float) -> float:
        """Interpolate one figure; outside the grid it has the value at the edge."""
        row, down = _place(self.sizes_bytes, size)
        column, right = _place(self.ports_bits, port)
        grid = self.figures[name]
        upper = _blend(grid[row][column], grid[row][column + 1], right)
        lower = _blend(grid[row + 1][column], grid[row + 1][column + 1], right)
        return _blend(upper, lower, down)


Points = dict[tuple[int, int], SramMacro]
"""Macros that CACTI computed, by size [B] and port width [bit]."""


@cache
def price_macro(table: str, size_bytes: float, port_bits: int) -> SramMacro:
    """Price a macro by the name of a table; see `SramTable.macro`."""
    return load_sram_table(table).macro(size_bytes, port_bits)


@cache
def load_sram_table(name: str) -> SramTable:
    """Read a table.

    Raises
    ------
    HardwareError
        If there is no such table.
    """
    return table_of(load_sram_points(name))


def load_sram_points(name: str) -> Points:
    """Read the points of a table as CACTI gave them.

    Raises
    ------
    HardwareError
        If there is no such table.
    """
    if name not in SRAM_TABLES:
        raise HardwareError(f"technology.sram must be one of {', '.join(SRAM_TABLES)}, got {name!r}")
    table = SRAM_TABLES[name]
    text = files("lpasim.cost").joinpath("tables", table.file).read_text(encoding="utf-8")
    return {
        (int(row["size_bytes"]), int(row["port_bits"])): SramMacro(*(float(row[figure]) for figure in FIGURES))
        for row in csv.DictReader(text.splitlines())
        if row["cell"] == table.device_class
    }


def table_of(points: Points) -> SramTable:
    """Make a table of points that fill a grid."""
    sizes = tuple(sorted({size for size, _ in points}))
    ports = tuple(sorted({port for _, port in points}))
    grids = {name: [[getattr(points[size, port], name) for port in ports] for size in sizes] for name in FIGURES}
    return SramTable(sizes, ports, {name: _level(grid, name in _ENERGIES) for name, grid in grids.items()})


def _level(grid: list[list[float]], across: bool) -> tuple[tuple[float, ...], ...]:
    """Raise each figure to that of any smaller macro, and (across) of any narrower port."""
    for row, line in enumerate(grid):
        for column in range(len(line)):
            above = grid[row - 1][column] if row else 0.0
            left = line[column - 1] if across and column else 0.0
            line[column] = max(line[column], above, left)
    return tuple(tuple(line) for line in grid)


def _place(points: tuple[int, ...], x: float) -> tuple[int, float]:
    """Return the interval of the points that holds x, and how far into it x lies on a logarithmic scale, in 0..1."""
    x = min(max(x, points[0]), points[-1])
    left = min(bisect_right(points, x), len(points) - 1) - 1
    return left, log(x / points[left]) / log(points[left + 1] / points[left])


def _blend(left: float, right: float, share: float) -> float:
    """Interpolate on a logarithmic scale; exact at both ends."""
    if share in (0.0, 1.0):
        return right if share else left
    return exp((1 - share) * log(left) + share * log(right))
