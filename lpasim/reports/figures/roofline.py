"""The roofline of an accelerator with the layers of a run on it.

References
----------
S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore architectures",
Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from math import atan, degrees, isfinite, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.networks.printable import printable
from lpasim.reports.figures.kind import Kind, Options, UnsuitedError
from lpasim.reports.figures.layer_data import layer_table
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.modes import bits_of_mode, places_of
from lpasim.reports.figures.place_names import name_line, name_points
from lpasim.reports.figures.scales import logarithmic
from lpasim.reports.figures.style import GREY, MARKERS, MEDIUM_CONTRAST
from lpasim.reports.figures.words import headline, shortened
from lpasim.reports.numbers import plain
from lpasim.reports.summary import OPS_PER_MAC

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

FAR = 0.5
"""Share of its roof below which a layer is named."""
ROOM = 3.0
"""Factor between the outermost layers and the ends of the horizontal axis."""
SMALLEST, LARGEST = 6.0, 60.0
"""Area of a mark: of a layer that takes no time, and of one that takes all of it [squares of a point],
where lines are 1 pt wide."""


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return intensity and performance of each layer with a product, and its roofs: its mode's peak, and the memory."""
    chip = run.report["configuration"]
    table = layer_table(run, "mode", "macs", "macs_per_cell", "cycles", "dram_read_bytes", "dram_write_bytes")
    table = table[table["mode"].notna() & (table["cycles"] > 0)].reset_index(drop=True)
    if table.empty:
        raise UnsuitedError(f"roofline must have a run with matrix products, got none ({printable(run.path)})")
    table["dram_bytes"] = table.pop("dram_read_bytes") + table.pop("dram_write_bytes")
    traffic = table["dram_bytes"].where(table["dram_bytes"] > 0)
    table["macs_per_byte"] = table["macs"] / traffic
    clock_ghz, cells = chip["clock_mhz"] / 1e3, chip["array"]["rows"] * chip["array"]["cols"]
    table["gops"] = OPS_PER_MAC * table["macs"] / table["cycles"] * clock_ghz
    table["peak_gops"] = (OPS_PER_MAC * cells * clock_ghz * table["macs_per_cell"]).astype(float)
    table["bandwidth_gbps"] = np.nan if chip["dram"]["ideal"] else float(chip["dram"]["bandwidth_gbps"])
    return table


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw the roofs, and a mark for each layer whose area grows with its time."""
    from matplotlib.lines import Line2D

    axes, handles = figure.subplots(), []
    shown = data[data["macs_per_byte"].notna()]
    if not shown.empty:
        _roofs(axes, shown, page)
    for mode, at in places_of(shown["mode"]).items():
        layers = shown[shown["mode"] == mode]
        axes.scatter(
            layers["macs_per_byte"],
            layers["gops"],
            page.style.line_pt**2 * (SMALLEST + LARGEST * layers["cycles"] / data["cycles"].sum()),
            marker=MARKERS[at % len(MARKERS)],
            facecolor="white",
            edgecolor=MEDIUM_CONTRAST[at % len(MEDIUM_CONTRAST)],
            linewidth=0.9 * page.style.line_pt,
            alpha=0.9,
            zorder=3,
        )
        look: dict[str, Any] = {
            "marker": MARKERS[at % len(MARKERS)],
            "color": MEDIUM_CONTRAST[at % len(MEDIUM_CONTRAST)],
        }
        handles.append(
            Line2D([], [], linestyle="", label=mode, markersize=0.5 * page.style.size_pt, mfc="white", **look)
        )
    axes.set_xlabel("intensity (MACs per byte of external memory)")
    axes.set_ylabel("performance (GOPS, 2 per MAC)")
    legend_above(axes, page, headline(data["workload"].iloc[0], data["hardware"].iloc[0]), handles)
    if not shown.empty:
        figure.draw_without_rendering()  # settles the layout
        _name_roofs(axes, shown, page)
        _name_layers(axes, shown, page)


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of the figure [inch]."""
    return 2.6 if page.width == "single" else 3.1


def _roofs(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    """Draw the memory's slope up to the highest peak, and the peak of each mode that layers run in."""
    low, high = float(data["macs_per_byte"].min()), float(data["macs_per_byte"].max())
    slope = OPS_PER_MAC * float(data["bandwidth_gbps"].iloc[0])
    peaks = sorted(set(data["peak_gops"]))
    ridges = [peak / slope for peak in peaks] if isfinite(slope) else [low]
    low, high = min(low, *ridges) / ROOM, max(high, *ridges) * ROOM
    look: dict[str, Any] = {"color": GREY, "linewidth": page.style.line_pt, "zorder": 1}
    for peak in peaks:
        axes.plot([max(peak / slope, low) if isfinite(slope) else low, high], [peak, peak], **look)
    bottom = min(float(data["gops"].min()) / 2, peaks[-1] / 30)
    if isfinite(slope):
        axes.plot([low, ridges[-1]], [slope * low, peaks[-1]], **look)
        bottom = min(bottom, slope * low)
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, peaks[-1] * 2.5)
    logarithmic(axes, "x", page, page.width_in - 0.6)
    logarithmic(axes, "y", page, height_in(data, page) - 0.8)


def _name_roofs(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    """Write each peak above its line, and the bandwidth along the slope.

    A peak's words are at the right end of its line, below it where layers are above, or, if the line is short, to the
    left of the slope, where no layer is.
    """
    small: dict[str, Any] = {"fontsize": page.style.small_pt, "color": "#333333", "va": "bottom"}
    thin, peaks = 0.6 * page.style.line_pt, sorted(set(data["peak_gops"]))
    slope, (low, high) = OPS_PER_MAC * float(data["bandwidth_gbps"].iloc[0]), axes.get_xlim()
    to_the_left = isfinite(slope) and (peaks[0] / slope) ** 2 > low * high
    for peak in peaks:
        modes = sorted(set(data.loc[data["peak_gops"] == peak, "mode"]), key=bits_of_mode)
        text = f"{', '.join(modes)}: {plain(peak)} GOPS"
        if to_the_left:
            axes.plot([low, peak / slope], [peak, peak], color=GREY, linewidth=thin, linestyle=":", zorder=1)
            axes.annotate(text, (low, peak), (3, 1), textcoords="offset points", ha="left", **small)
        else:
            name_line(axes, text, (high, peak), **small)
    if isfinite(slope):
        start = max(low, axes.get_ylim()[0] / slope)
        middle = sqrt(start * peaks[-1] / slope)
        look: dict[str, Any] = {
            "rotation": degrees(atan(slope)),
            "rotation_mode": "anchor",
            "transform_rotates_text": True,
        }
        axes.text(middle, 1.08 * slope * middle, f"{plain(slope / OPS_PER_MAC)} GB/s", ha="center", **look, **small)


def _name_layers(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    """Name the layers that are far below their roof, those that take most time first, where there is room."""
    roof = np.fmin(data["peak_gops"], OPS_PER_MAC * data["bandwidth_gbps"] * data["macs_per_byte"])
    low = data[data["gops"] < FAR * roof].sort_values("cycles", ascending=False, kind="stable")
    names = [shortened(str(name)) for name in low["name"]]
    name_points(axes, list(zip(low["macs_per_byte"], low["gops"], names, strict=True)), page)


KIND = Kind("roofline", "performance of each layer below the roofs of array and memory", "run", data, draw, height_in)
