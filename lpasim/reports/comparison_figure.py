"""The figure of a comparison: grouped bars, as papers print them; energy is stacked by component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpasim.networks.printable import printable
from lpasim.reports.comparison import Comparison, Row
from lpasim.reports.figures.style import FORMS, HATCHES, OKABE_ITO, SMALL_SANS, encode, only
from lpasim.reports.iso import ISO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 7.16, 4.6
"""Size of the figure; the width is that of a page of two columns [inches]."""
PARTS = (
    ("PEs", ("pe_array",)),
    ("decoders, encoders", ("decoders", "encoders")),
    ("PPU", ("ppu",)),
    ("buffers", ("weight_buffer", "input_buffer", "output_buffer")),
    ("DRAM", ("dram",)),
    ("leakage", ("leakage",)),
)
"""Parts of the energy bars, from the bottom up, and the components that they add up."""
PANELS = (
    ("latency_ms", "Latency", "less is better"),
    ("energy_mj", "Energy", "less is better"),
    ("compute_tops_per_mm2", "TOPS/mm² of PEs and decoders", "more is better"),
    ("tops_per_w", "TOPS/W", "more is better"),
)
GROUP_WIDTH = 0.84
MOST_LABELS = 14
"""Bars of a panel up to which each has its number above it."""
ISO_WORDS = dict(zip(ISO, ("at one compute area", "with one number of PEs", "with one memory"), strict=True))


def comparison_figure(comparison: Comparison) -> dict[str, bytes]:
    """Draw the figure in every form; the same comparison gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with only(SMALL_SANS):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(2, 2)
        rows = comparison.rows
        for panel, (statistic, title, better) in zip(axes.flat, PANELS, strict=True):
            _panel(panel, rows, comparison, statistic)
            panel.set_title(f"{title} ({better})", loc="left", fontsize=7.0)
        _legends(figure, axes.flat[1], comparison)
        return {form: encode(figure, form) for form in FORMS}


def _panel(panel: Axes, rows: list[Row], comparison: Comparison, statistic: str) -> None:
    """Draw a group of bars for each workload."""
    names = comparison.names
    width = GROUP_WIDTH / len(names)
    places = [
        group + (place - (len(names) - 1) / 2) * width
        for group in range(len(rows) // len(names))
        for place in range(len(names))
    ]
    for at, row in zip(places, rows, strict=True):
        height = row["normalized"][statistic] or 0.0
        if statistic == "energy_mj":
            _stack(panel, at, width, row, height)
        else:
            place = names.index(row["hardware"])
            panel.bar(at, height, width, edgecolor="black", linewidth=0.4, **_looks(place))
        if len(rows) <= MOST_LABELS:
            panel.annotate(f"{height:.2f}", (at, height), (0, 1), textcoords="offset points", ha="center", fontsize=5.5)
    made = f",\n{ISO_WORDS[comparison.iso]}" if comparison.iso else ""
    panel.set_ylabel(f"over {printable(comparison.baseline)}{made}", fontsize=6.0, parse_math=False)
    panel.axhline(1, color="black", linewidth=0.4, linestyle=":", zorder=0)
    panel.margins(y=0.12)
    panel.tick_params(axis="both", length=2, width=0.6, pad=2)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    _label(panel, places, rows, comparison, with_names=statistic == "energy_mj")


def _stack(panel: Axes, at: float, width: float, row: Row, height: float) -> None:
    """Draw one bar in parts that add up to its height."""
    energies, bottom = row["component_energy_mj"], 0.0
    for place, (_, components) in enumerate(PARTS):
        part = sum(energies[name] for name in components) / row["energy_mj"] * height if row["energy_mj"] else 0.0
        panel.bar(at, part, width * 0.92, bottom=bottom, edgecolor="black", linewidth=0.3, **_part_looks(place))
        bottom += part


def _looks(place: int) -> dict[str, Any]:
    return {"color": OKABE_ITO[place % len(OKABE_ITO)], "hatch": HATCHES[place // len(OKABE_ITO) % len(HATCHES)]}


def _part_looks(place: int) -> dict[str, Any]:
    greys = ("#FFFFFF", "#D9D9D9", "#BDBDBD", "#969696", "#636363", "#252525")
    return {"color": greys[place], "hatch": ("", "////", "", "....", "", "")[place]}


def _label(panel: Axes, places: list[float], rows: list[Row], comparison: Comparison, with_names: bool) -> None:
    """Name the groups, or in the panel of energies, whose colours are those of the parts, every bar."""
    count = len(comparison.names)
    groups = [str(rows[first]["workload"]) for first in range(0, len(rows), count)]
    if not with_names:
        panel.set_xticks(range(len(groups)), [printable(name) for name in groups])
        return
    panel.set_xticks(places, [printable(row["hardware"]) for row in rows], rotation=90, fontsize=5.5)
    if len(groups) > 1:
        for group, name in enumerate(groups):
            panel.text(group, 0.97, printable(name), transform=panel.get_xaxis_transform(), ha="center", va="top")


def _legends(figure: Figure, energies: Axes, comparison: Comparison) -> None:
    """Say which colour is which accelerator, and which grey is which part of the energy."""
    from matplotlib.patches import Patch

    bars = [
        Patch(label=printable(name), edgecolor="black", linewidth=0.4, facecolor=look["color"], hatch=look["hatch"])
        for name, look in ((name, _looks(place)) for place, name in enumerate(comparison.names))
    ]
    figure.legend(handles=bars, loc="outside upper center", ncols=min(8, len(bars)), frameon=False, fontsize=6.5)
    parts = [
        Patch(label=label, edgecolor="black", linewidth=0.3, facecolor=look["color"], hatch=look["hatch"])
        for label, look in ((label, _part_looks(place)) for place, (label, _) in enumerate(PARTS))
    ]
    energies.legend(handles=parts[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=5.5)
