"""Distributions of weights, and the values that the formats of a run have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.errors import ResultsError
from lpasim.quantization.formats import as_posit
from lpasim.reports.figures.assessments import read_assessment, weights_of
from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.panels import grid_of, panels
from lpasim.reports.figures.style import MEDIUM_CONTRAST
from lpasim.reports.figures.words import headline, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

SHOWN = {"single": 6, "double": 12}
"""Most layers in a figure: those with most weights."""
PANEL_IN = 1.12
BARS = "#B8C4CE"
LOWEST_SHARE = 1e-4
"""Share of the weights below which a bin is not worth the width of a panel."""
RUG, LINE_WIDTH = 0.22, 0.45
"""Height of the ticks below a histogram, over its own; width of their lines, over that of others."""
MOST_LINES = 16
"""Values that may cross a histogram: more would hide it."""
BIN, VALUE = "bin", "value"


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the histogram of each layer's weights by log2 of the magnitude, and the values of the layer's format.

    Raises
    ------
    ResultsError
        If no assessment is given, or not one of this network.
    """
    import pandas as pd

    if options.assessment is None:
        rule = "distributions must come with --assessment, the folder of lpasim assess --out"
        raise ResultsError(f"{rule}, got none: a run holds formats, not weights")
    formats = {layer.name: layer.weight_format for layer in run.trace.layers}
    rows: list[dict[str, Any]] = []
    for name, tensor in weights_of(read_assessment(options.assessment), run, options.assessment).items():
        fmt = formats.get(name)
        if fmt is None:
            continue
        posit = as_posit(fmt)
        head = {
            "workload": run.workload,
            "hardware": run.hardware,
            "name": name,
            "elements": tensor["elements"],
            "format": posit.spec,
        }
        histogram = tensor["histogram"]
        width = 1 / histogram["bins_an_octave"]
        for at, share in enumerate(histogram["shares"]):
            low = histogram["start"] + at * width
            rows.append({**head, "entry": BIN, "low_log2": low, "high_log2": low + width, "share": share})
        rows += [
            {**head, "entry": VALUE, "low_log2": value, "high_log2": value, "share": None}
            for value in np.log2(posit.magnitudes()[1:]).tolist()
        ]
    return pd.DataFrame(rows).astype({"share": float})


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a panel a layer: a histogram, and the values of its format."""
    layers = _largest(data, page)
    axes = panels(figure, len(layers), page)
    for panel, name in zip(axes, layers, strict=True):
        _panel(panel, data[data["name"] == name], page)
    if page.titled:
        count = data["name"].nunique()
        which = f", the {len(layers)} largest of {count} layers" if len(layers) < count else ""
        figure.suptitle(
            headline(data["workload"].iloc[0], data["hardware"].iloc[0]) + which,
            fontsize=page.style.size_pt,
            x=0.01,
            ha="left",
        )
    figure.supxlabel("log2 of the magnitude of a weight", fontsize=page.style.size_pt)
    figure.supylabel("share of the weights", fontsize=page.style.size_pt)


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    rows, _ = grid_of(len(_largest(data, page)), page)
    return rows * PANEL_IN + page.lines_in(3.5)


def _largest(data: pd.DataFrame, page: Page) -> list[str]:
    """Return the layers that are drawn, in the order of execution."""
    sizes = data.groupby("name", sort=False)["elements"].first()
    chosen = set(sizes.nlargest(SHOWN[page.width]).index)
    return [str(name) for name in sizes.index if name in chosen]


def _panel(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    """Draw the histogram, and beneath it a tick at each value of the format; few of them are lines across it, too."""
    from matplotlib.ticker import MaxNLocator

    bins, values = data[data["entry"] == BIN], data[data["entry"] == VALUE]
    edges = np.append(bins["low_log2"].to_numpy(float), bins["high_log2"].iloc[-1])
    shares = bins["share"].to_numpy(float)
    axes.stairs(shares, edges, fill=True, color=BARS, linewidth=0)
    seen = np.flatnonzero(shares >= LOWEST_SHARE)
    grid = values["low_log2"].to_numpy(float)
    low, high = edges[seen[0]] if seen.size else edges[0], max(edges[-1], grid.max())
    low = max(min(low, high - 4), high - 14)
    drawn, top = grid[(grid >= low) & (grid <= high)], 1.05 * shares.max()
    look: dict[str, Any] = {"color": MEDIUM_CONTRAST[0], "linewidth": LINE_WIDTH * page.style.line_pt}
    axes.vlines(drawn, -RUG * top, top if len(drawn) <= MOST_LINES else -0.02 * top, **look)
    axes.axhline(0, color="black", linewidth=LINE_WIDTH * page.style.line_pt)
    axes.set_xlim(low, high + 0.3)
    axes.set_ylim(-RUG * top, top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    name = shortened(str(data["name"].iloc[0]), 22)
    axes.set_title(f"{name}\n{_spelled(str(data['format'].iloc[0]))}", fontsize=page.style.small_pt, pad=2)


def _spelled(spec: str) -> str:
    """Write a format as the LP paper does, with two decimals of the scale.

    >>> _spelled("lp4,0,2,3.5234375")
    'LP<4,0,2,3.52>'
    """
    *fields, scale = spec.removeprefix("lp").split(",")
    return f"LP<{','.join(fields)},{float(scale):.2f}>"


KIND = Kind(
    "distributions",
    "distributions of weights, and the values of their formats",
    "run",
    data,
    draw,
    height_in,
    "assessment",
)
