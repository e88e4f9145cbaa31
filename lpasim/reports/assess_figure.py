"""The figure of an assessment: distributions of the most difficult tensors, and the grid points of their formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.networks.printable import printable
from lpasim.quantization.assessment import DIFFICULT_BITS, AssessedTensor, Assessment
from lpasim.quantization.distribution import BINS_AN_OCTAVE
from lpasim.quantization.format_error import COMPARED
from lpasim.reports.assess_words import NAMES
from lpasim.reports.figures.style import FORMS, OKABE_ITO, SMALL_SANS, encode, only
from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 12
"""Most tensors in the figure, the most difficult ones."""
COLUMNS = 3
WIDTH_IN, PANEL_IN, MARGINS_IN = 7.16, 1.75, 0.95
"""Width of the figure, that of a page of two columns; height of a row of panels; room above and below [inches]."""
COLOURS = {
    "lp": OKABE_ITO[5],
    "int": OKABE_ITO[0],
    "posit": OKABE_ITO[2],
    "adaptivfloat": OKABE_ITO[3],
    "flint": OKABE_ITO[7],
}
BARS = "#B8C4CE"
LOWEST_SHARE = 1e-4
"""Share of the elements below which a bin is not worth the width of a panel."""
BELOW, ABOVE = 1.0, 0.8
"""Octaves of a panel beyond what it shows."""
MOST_OCTAVES = 15.0
"""Width of a panel at most: what lies lower is as good as zero in 4 bits."""
NAME_LENGTH = 34
SMALL_PT = 6.0


def figure_bytes(assessment: Assessment) -> dict[str, bytes]:
    """Draw the figure in every form; the same assessment gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with only(SMALL_SANS):
        tensors = assessment.ranking[:SHOWN]
        rows = -(-len(tensors) // COLUMNS)
        figure = Figure(figsize=(WIDTH_IN, rows * PANEL_IN + MARGINS_IN), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, COLUMNS, squeeze=False)
        for place, panel in enumerate(axes.flat):
            if place < len(tensors):
                _panel(panel, tensors[place], place + 1)
            else:
                panel.set_axis_off()
        _surround(figure, assessment, len(tensors))
        return {form: encode(figure, form) for form in FORMS}


def _panel(panel: Axes, tensor: AssessedTensor, rank: int) -> None:
    """Draw a histogram, and below it a line of grid points for each format; those of LP cross the histogram."""
    from matplotlib.ticker import MaxNLocator

    histogram = tensor.distribution.histogram
    shares = np.array(histogram.shares) * BINS_AN_OCTAVE
    edges = histogram.start + np.arange(shares.size + 1) / BINS_AN_OCTAVE
    top = float(shares.max())
    panel.stairs(shares / top, edges, fill=True, color=BARS, linewidth=0)
    low, high = _reach(tensor)
    for line, kind in enumerate(COMPARED):
        score = tensor.score(kind, DIFFICULT_BITS)
        height = _height(line)
        points = np.log2(score.format.magnitudes()[1:])
        points = points[(points >= low) & (points <= high)]
        panel.plot(points, np.full(points.size, height), "|", color=COLOURS[kind], markersize=5, markeredgewidth=1.1)
        if kind == "lp":
            panel.vlines(points, height, 1.0, color=COLOURS[kind], linewidth=0.5, alpha=0.75)
        ratio = f"{score.sqnr_db:.1f}"
        panel.text(1.015, height, ratio, transform=panel.get_yaxis_transform(), va="center", fontsize=SMALL_PT)
    panel.text(1.015, 0.06, "dB", transform=panel.get_yaxis_transform(), va="center", fontsize=SMALL_PT)
    panel.axhline(0, color="black", linewidth=0.5)
    panel.set_xlim(low, high)
    panel.set_ylim(_height(len(COMPARED) - 0.3), 1.12)
    panel.set_yticks([_height(line) for line in range(len(COMPARED))], [NAMES[kind] for kind in COMPARED])
    for label, kind in zip(panel.get_yticklabels(), COMPARED, strict=True):
        label.set(color=COLOURS[kind], fontsize=SMALL_PT)
    panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panel.tick_params(axis="x", length=2, width=0.6)
    panel.tick_params(axis="y", length=0, pad=1, labelleft=(rank - 1) % COLUMNS == 0)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.set_title(_title(tensor, rank), loc="left", fontsize=6.5, parse_math=False, linespacing=1.25)


def _height(line: float) -> float:
    """Return the height of a format's line of grid points, in units of the histogram's."""
    return -0.12 - 0.14 * line


def _reach(tensor: AssessedTensor) -> tuple[float, float]:
    """Return the logarithms between which a panel shows: all bins that matter, and the grid points of LP."""
    histogram = tensor.distribution.histogram
    seen = np.flatnonzero(np.array(histogram.shares) >= LOWEST_SHARE)
    first = histogram.start + (float(seen[0]) / BINS_AN_OCTAVE if seen.size else 0.0)
    grid = np.log2(tensor.score("lp", DIFFICULT_BITS).format.magnitudes()[[1, -1]])
    high = max(tensor.distribution.largest_log2, float(grid[1]))
    return max(first - BELOW, high - MOST_OCTAVES), high + ABOVE


def _title(tensor: AssessedTensor, rank: int) -> str:
    name = printable(tensor.layer).encode("ascii", "replace").decode()
    if len(name) > NAME_LENGTH:
        name = f"{name[: NAME_LENGTH // 2 - 2]}...{name[-NAME_LENGTH // 2 + 1 :]}"
    described = tensor.distribution
    parts = [tensor.operand, f"kurtosis {plain(described.kurtosis)}"]
    if tensor.operand == "weights":
        parts.append(f"{tensor.difficulty_db:.1f} dB by channel")
    return f"{rank}  {name}\n{', '.join(parts)}"


def _surround(figure: Figure, assessment: Assessment, shown: int) -> None:
    """Say what the panels show, below them."""
    which = (
        f"The {shown} most difficult of {len(assessment.tensors)} tensors" if shown < len(assessment.tensors) else "All"
    )
    figure.supxlabel(
        f"log2 of the magnitude. {which}. Bars: share of the elements. Below them: the values that each kind of\n"
        f"format takes at {DIFFICULT_BITS} bits, fitted to the tensor, as far as they lie in the panel, with its "
        "signal-to-noise ratio. Lines: those of LP.",
        fontsize=6.0,
    )
