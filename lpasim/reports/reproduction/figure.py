"""The figure of a reproduction: published bars, and beside each what the settings give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.reports.comparison_figure import WIDTH_IN
from lpasim.reports.figures.style import FORMS, HATCHES, OKABE_ITO, SMALL_SANS, encode, only
from lpasim.reports.reproduction.study import Study
from lpasim.reports.reproduction.words import DESIGNS, WORKLOADS, grouped, letters, quantities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT_IN = 1.75
GROUP_WIDTH = 0.84
PUBLISHED = "#FFFFFF"
CUT = 1.2
"""Where bars over AdaptivFloat's are cut, so that the others can be read; their numbers stay."""
ROOM = 1.15
"""Height of a panel over that of its tallest bar."""
CROWDED = 8
"""Groups from which on names are small."""


def study_figure(study: Study) -> dict[str, bytes]:
    """Draw a study in every form; the same study gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = quantities(study)
    with only(SMALL_SANS):
        figure = Figure(figsize=(WIDTH_IN, PANEL_HEIGHT_IN * len(shown) + 0.3), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(shown), 1, squeeze=False)
        for panel, quantity in zip(axes.flat, shown, strict=True):
            _panel(panel, study, quantity)
        _legend(figure, study, shown)
        return {form: encode(figure, form) for form in FORMS}


def _panel(panel: Axes, study: Study, quantity: str) -> None:
    """Draw a group of bars for each published value."""
    groups = grouped(study, quantity)
    shown = letters(row for rows in groups for row in rows)
    width = GROUP_WIDTH / (1 + len(shown))
    tallest = max(max(row.simulated, row.published.value) for rows in groups for row in rows)
    top = CUT if quantity.endswith("over AdaptivFloat") and tallest > CUT * ROOM else tallest
    for at, rows in enumerate(groups):
        number = rows[0].published
        bars = [("", number.value), *((row.setting, row.simulated) for row in rows)]
        for place, (letter, height) in enumerate(bars):
            x = at + (place - (len(bars) - 1) / 2) * width
            colour, hatch = (_colour(study, letter), "") if letter else (PUBLISHED, HATCHES[1])
            panel.bar(x, min(height, top * ROOM), width, edgecolor="black", linewidth=0.4, color=colour, hatch=hatch)
            text = f"{height:.2f}" if tallest < 100 else f"{height:,.0f}"
            end = min(height if letter else height + number.error, top)
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if height > top else None
            panel.annotate(text, (x, end), (0, 1), textcoords="offset points", ha="center", fontsize=4.8, bbox=paper)
        x = at - (len(bars) - 1) / 2 * width
        panel.errorbar(x, number.value, number.error, color="black", linewidth=0.6, capsize=1.5, capthick=0.6)
    unit = groups[0][0].published.unit
    panel.set_title(f"{quantity}{f' [{unit}]' if unit else ''}", loc="left", fontsize=7.0)
    names = ["\n".join(part for part in (DESIGNS[r[0].design], WORKLOADS[r[0].workload]) if part) for r in groups]
    panel.set_xticks(range(len(groups)), names, fontsize=6.0 if len(groups) < CROWDED else 5.0)
    panel.set_ylim(0, top * ROOM)
    panel.tick_params(axis="both", length=2, width=0.6, pad=2)
    panel.tick_params(axis="y", labelsize=6.0)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _colour(study: Study, letter: str) -> str:
    place = [setting.letter for setting in study.settings].index(letter)
    return OKABE_ITO[place % len(OKABE_ITO)]


def _legend(figure: Figure, study: Study, shown: list[str]) -> None:
    """Say which bar is published, and which colour is which setting."""
    from matplotlib.patches import Patch

    drawn = {row.setting for row in study.rows if row.quantity in shown}
    patches = [Patch(label="published", edgecolor="black", linewidth=0.4, facecolor=PUBLISHED, hatch=HATCHES[1])]
    patches += [
        Patch(
            label=f"{each.letter} {each.label}", edgecolor="black", linewidth=0.4, facecolor=_colour(study, each.letter)
        )
        for each in study.settings
        if each.letter in drawn
    ]
    figure.legend(handles=patches, loc="outside upper center", ncols=min(5, len(patches)), frameon=False, fontsize=6.0)
