"""The per-layer table of the terminal: one row a layer, units once in the header, as wide as the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group, JustifyMethod
from rich.table import Table
from rich.text import Text

from lpasim.reports.breakdown import bar
from lpasim.reports.fitted import Fitted
from lpasim.reports.layer_rows import Row, total
from lpasim.reports.numbers import Scale, counted, percent

CAUSES = {
    "weights_late": "weights",
    "inputs_late": "inputs",
    "output_full": "output",
    "ppu_busy": "PPU",
    "dram_busy": "DRAM",
}
"""Cause of a stall -> its name in a narrow column."""
BAR_WIDTHS = (6, 24)
"""Least and greatest length of the bars, which take what a wide terminal has left."""
EDGES = 2
MIN_NAME_WIDTH = 12
"""Names of layers are cut to fit, but not below this width."""
DROPPED = ("time", "W/A", "on", "count", "DRAM", "energy", "K", "N", "M", "wait", "util")
"""Columns that a narrow terminal goes without, the first first. Numbers are never cut."""
KEY = (
    "util: MACs over what all lanes of all PEs could do in these cycles. wait, on: the array stands still, and mostly "
    "on what; idle PEs of partial folds, loading weights and filling count as busy. Faint sizes repeat the row above."
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the one or two lines of its header, a cell a layer, and the cell of the totals."""

    header: str
    cells: Sequence[str]
    footer: str = ""
    justify: JustifyMethod = "right"
    is_size: bool = False

    @property
    def name(self) -> str:
        """What `DROPPED` calls it."""
        return self.header.partition("\n")[0]

    @property
    def width(self) -> int:
        """Characters of its widest line."""
        return max(len(line) for cell in (self.header, self.footer, *self.cells) for line in cell.split("\n"))


def layer_table(rows: Sequence[Row], utilization: float | None) -> Fitted:
    """Draw the layers and a line of totals, and say how to read them.

    The sizes of a layer that are those of the layer above it fade. A column of counts stands only where a layer has
    several products.
    """
    names = [row["name"] for row in rows]
    columns = [*_sizes(rows), *_times(rows, utilization), *_costs(rows)]
    longest = max(row["cycles"] for row in rows) or 1
    shares = [row["cycles"] / longest for row in rows]
    return Fitted(lambda width: Group(_draw(names, columns, shares, width), Text(KEY, "dim")))


def _sizes(rows: Sequence[Row]) -> list[Column]:
    """Return count, M, K, N and bits; a layer without a product has the bits of its activations alone."""
    counts = [f"{row['count']}×" if (row["count"] or 1) > 1 else "" for row in rows]
    bits = [f"{row['weight_bits'] or '-'}/{row['activation_bits']}" for row in rows]
    sizes = [("M", "m"), ("K", "k"), ("N", "n")]
    return [
        *([Column("count", counts, is_size=True)] if any(counts) else []),
        *(Column(head, [str(row[key] or "") for row in rows], is_size=True) for head, key in sizes),
        Column("W/A\nbits", bits, is_size=True),
    ]


def _times(rows: Sequence[Row], utilization: float | None) -> list[Column]:
    """Return cycles, their bars (drawn later), and how many of them the array uses and waits."""
    run_cycles = total(rows, "cycles")
    cycles = Scale(max(row["cycles"] for row in rows), "cycles", whole=True)
    waiting = [sum(row["stall_cycles"].values()) for row in rows]
    waits = [_share(part, row["cycles"]) for part, row in zip(waiting, rows, strict=True)]
    used = [_share(row["utilization"], 1.0) if row["m"] else "" for row in rows]
    return [
        Column(cycles.unit, [cycles.write(row["cycles"]) for row in rows], cycles.write(run_cycles)),
        Column("time", [" " * BAR_WIDTHS[0]] * len(rows), justify="left"),
        Column("util\n%", used, _share(utilization or 0.0, 1.0)),
        Column("wait\n%", waits, _share(sum(waiting), run_cycles)),
        Column("on", [_main_cause(row) for row in rows], justify="left"),
    ]


def _costs(rows: Sequence[Row]) -> list[Column]:
    """Return DRAM traffic and energy."""
    moved = [int(row["dram_read_bytes"] + row["dram_write_bytes"]) for row in rows]
    energies = [float(sum(row["energy_pj"].values())) * 1e-12 for row in rows]
    dram, energy = Scale(max(moved), "B", whole=True), Scale(max(energies), "J")
    return [
        Column(f"DRAM\n{dram.unit}", [dram.write(size) for size in moved], dram.write(sum(moved))),
        Column(f"energy\n{energy.unit}", [energy.write(each) for each in energies], energy.write(sum(energies))),
    ]


def _draw(names: Sequence[str], columns: Sequence[Column], shares: Sequence[float], width: int) -> Table:
    """Draw what fits in a width: spaces between columns go first, then letters of names, then whole columns."""
    footer = counted(len(names), "layer")
    longest = max(len(footer), *(len(name) for name in names))
    for name in ("", *DROPPED):
        columns = [column for column in columns if column.name != name]
        if _room(columns, width, 1) >= min(longest, max(MIN_NAME_WIDTH, len(footer))):
            break
    gap = 2 if _room(columns, width, 2) >= longest else 1
    room = _room(columns, width, gap)
    bar_width = min(BAR_WIDTHS[1], BAR_WIDTHS[0] + max(0, room - longest))
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, gap - 1, 0, 0), show_footer=True, footer_style="bold")
    table.add_column("layer", footer, vertical="bottom", no_wrap=True)
    for column in columns:
        table.add_column(column.header, column.footer, justify=column.justify, vertical="bottom", no_wrap=True)
    above: list[str] = []
    for row, name in enumerate(names):
        sizes = [column.cells[row] for column in columns if column.is_size]
        style, above = "dim" if sizes == above else "", sizes
        short = name if len(name) <= room else f"…{name[len(name) - room + 1 :]}"
        cells = (
            Text(bar(shares[row], bar_width), "cyan")
            if column.name == "time"
            else Text(column.cells[row], style if column.is_size else "")
            for column in columns
        )
        table.add_row(Text(short), *cells)
    return table


def _room(columns: Sequence[Column], width: int, gap: int) -> int:
    """Characters that columns leave to the names of layers."""
    return width - EDGES - sum(column.width + gap for column in columns)


def _main_cause(row: Row) -> str:
    """Return what the array mostly waits on, where it waits at all."""
    stalls = row["stall_cycles"]
    cause = max(stalls, key=lambda name: stalls[name])
    return CAUSES[cause] if sum(stalls.values()) >= 0.005 * row["cycles"] > 0 else ""


def _share(part: float, whole: float) -> str:
    return percent(part, whole).removesuffix(" %")
