"""The per-layer table of the terminal: one row a layer, units once in the header, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from lpasim.reports.breakdown import bar
from lpasim.reports.layer_rows import Row, total
from lpasim.reports.numbers import Column, percent

CAUSES = {
    "weights_late": "weights",
    "inputs_late": "inputs",
    "output_full": "output",
    "ppu_busy": "PPU",
    "dram_busy": "DRAM",
}
"""Cause of a stall -> its name in a narrow column."""
BAR_WIDTH = 6
WIDTH = 100
"""Columns of the whole table: names of layers are cut to fit."""
EDGES = 2
MIN_NAME_WIDTH = 12
LEFT = ("time", "on")
STYLES = {"time": "cyan"}


def layer_table(rows: Sequence[Row], utilization: float | None) -> Table:
    """Draw the layers and a line of totals.

    The dimensions of a layer that are those of the layer above it fade. A column of counts stands only where a layer
    has several products.
    """
    run_cycles, run_bytes = total(rows, "cycles"), sum(_dram_bytes(row) for row in rows)
    run_energy_j = sum(_energy_j(row) for row in rows)
    longest = max(row["cycles"] for row in rows)
    cycles = Column(longest, "cycles")
    dram = Column(max(_dram_bytes(row) for row in rows), "B")
    energy = Column(max(_energy_j(row) for row in rows), "J")
    several = any((row["count"] or 1) > 1 for row in rows)
    waiting = sum(sum(row["stall_cycles"].values()) for row in rows)

    headers = ["count", "M", "K", "N", "W/A\nbits", cycles.unit, "time", "util\n%", "wait\n%", "on"]
    headers += [f"DRAM\n{dram.unit}", f"energy\n{energy.unit}"]
    footers = ["", "", "", "", "", cycles.write(run_cycles), "", _share(utilization or 0.0, 1.0)]
    footers += [_share(waiting, run_cycles), "", dram.write(run_bytes), energy.write(run_energy_j)]
    body = [
        [
            *_shape(row),
            cycles.write(row["cycles"]),
            bar(row["cycles"] / (longest or 1), BAR_WIDTH),
            _share(row["utilization"], 1.0) if row["m"] else "",
            *_stall(row),
            dram.write(_dram_bytes(row)),
            energy.write(_energy_j(row)),
        ]
        for row in rows
    ]
    first = 0 if several else 1
    return _draw([row["name"] for row in rows], headers[first:], footers[first:], [cells[first:] for cells in body])


def _draw(names: list[str], headers: list[str], footers: list[str], body: list[list[str]]) -> Table:
    widths = [
        max(len(text) for cell in (header, footer, *column) for text in cell.split("\n"))
        for header, footer, *column in zip(headers, footers, *body, strict=True)
    ]
    longest = max(len(name) for name in names)
    rooms = {gap: WIDTH - EDGES - sum(widths) - gap * len(widths) for gap in (2, 1)}
    gap = 2 if rooms[2] >= longest else 1
    room = max(rooms[gap], MIN_NAME_WIDTH)
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, gap - 1, 0, 0), show_footer=True, footer_style="bold")
    table.add_column("layer", f"{len(names)} layers", vertical="bottom", no_wrap=True)
    for header, footer in zip(headers, footers, strict=True):
        justify: JustifyMethod = "left" if header in LEFT else "right"
        table.add_column(header, footer, justify=justify, vertical="bottom", no_wrap=True, style=STYLES.get(header, ""))
    above: list[str] = []
    shape = headers.index("W/A\nbits") + 1
    for name, cells in zip(names, body, strict=True):
        style = "dim" if cells[:shape] == above else ""
        above = cells[:shape]
        short = name if len(name) <= room else f"…{name[len(name) - room + 1 :]}"
        table.add_row(Text(short), *(Text(cell, style) for cell in cells[:shape]), *cells[shape:])
    return table


def _shape(row: Row) -> tuple[str, ...]:
    """Return count, M, K, N and bits; a layer without a product has the bits of its activations alone."""
    if row["m"] is None:
        return ("", "", "", "", f"-/{row['activation_bits']}")
    count = f"{row['count']}×" if row["count"] > 1 else ""
    return (count, *(str(row[name]) for name in ("m", "k", "n")), f"{row['weight_bits']}/{row['activation_bits']}")


def _stall(row: Row) -> tuple[str, str]:
    """Return the share of the layer's cycles in which the array waits, and on what, mostly."""
    stalls = row["stall_cycles"]
    cause = max(stalls, key=lambda name: stalls[name])
    waiting = sum(stalls.values())
    return _share(waiting, row["cycles"]), CAUSES[cause] if waiting >= 0.005 * row["cycles"] > 0 else ""


def _share(part: float, whole: float) -> str:
    return percent(part, whole).removesuffix(" %")


def _dram_bytes(row: Row) -> int:
    return int(row["dram_read_bytes"] + row["dram_write_bytes"])


def _energy_j(row: Row) -> float:
    return float(sum(row["energy_pj"].values())) * 1e-12
