"""Accelerators side by side, each statistic over that of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lpasim.errors import ResultsError
from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.layer_stack import LOOKS
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.panels import Panel
from lpasim.reports.figures.words import label_of, name_of, shortened
from lpasim.reports.goals import MORE_IS_BETTER
from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

SHOWN = ("latency_ms", "energy_mj", "area_mm2", "tops_per_mm2")
RELATIVE = "relative_"
GROUP_WIDTH = 0.84
PANEL_IN = 1.2


def data(runs: Sequence[SavedRun], options: Options) -> pd.DataFrame:
    """Return statistics of every run, and over those of the baseline on the same workload.

    Raises
    ------
    ResultsError
        If there are fewer than two runs, all are on one accelerator, two have one name on a workload, or the baseline
        did not run a workload.
    """
    import pandas as pd

    if len(runs) < 2:
        raise ResultsError(f"compare must have two runs at least, got {len(runs)}")
    labels = _labels(runs)
    if len(set(labels)) == 1:
        raise ResultsError(f"compare must have runs on two accelerators at least, got {labels[0]} in all {len(runs)}")
    baseline = labels[0] if options.baseline is None else options.baseline
    if baseline not in labels:
        raise ResultsError(f"--baseline must be one of {', '.join(dict.fromkeys(labels))}, got {baseline!r}")
    base = {run.workload: run.summary for run, label in zip(runs, labels, strict=True) if label == baseline}
    rows = []
    for run, label in zip(runs, labels, strict=True):
        if run.workload not in base:
            raise ResultsError(f"--baseline must be a run of each workload, got {baseline!r} without {run.workload}")
        values, reference = run.summary, base[run.workload]
        rows.append(
            {
                "workload": run.workload,
                "label": label,
                "hardware": run.hardware,
                "baseline": baseline,
                **{name: values[name] for name in SHOWN},
                **{
                    f"{RELATIVE}{name}": values[name] / reference[name] if values[name] and reference[name] else None
                    for name in SHOWN
                },
            }
        )
    return pd.DataFrame(rows).astype({f"{RELATIVE}{name}": float for name in SHOWN})


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a group of bars a statistic; with several workloads, a panel a statistic and a group a workload."""
    workloads, labels = list(dict.fromkeys(data["workload"])), list(dict.fromkeys(data["label"]))
    over = f"over {shortened(str(data['baseline'].iloc[0]), 14)}"
    if len(workloads) == 1:
        axes = figure.subplots()
        values = [[_value(data, workloads[0], label, name) for name in SHOWN] for label in labels]
        _bars(axes, values, labels, page)
        axes.set_xticks(range(len(SHOWN)), [f"{_wrapped(name)}\n({_better(name)})" for name in SHOWN])
        axes.set_ylabel(over)
        legend_above(axes, page, shortened(workloads[0]))
        return
    panels = figure.subplots(*((2, 2) if page.across else (len(SHOWN), 1)), squeeze=False).flat
    for at, (axes, name) in enumerate(zip(panels, SHOWN, strict=True)):
        values = [[_value(data, workload, label, name) for workload in workloads] for label in labels]
        _bars(axes, values, labels, page)
        axes.set_xticks(range(len(workloads)), [shortened(str(workload), 16) for workload in workloads])
        axes.set_ylabel(over)
        title = f"{name_of(name)} ({_better(name)})"
        legend_above(axes, page, title, panel=Panel(at, len(SHOWN), 2 if page.across else 1))


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    legend = page.lines_in(2 + 0.6 * data["label"].nunique())
    if data["workload"].nunique() == 1:
        return 1.9 + legend
    return (2 if page.across else len(SHOWN)) * (PANEL_IN + page.lines_in(2)) + legend


def _labels(runs: Sequence[SavedRun]) -> list[str]:
    """Name runs by their accelerator, or by their folder where that is not enough."""
    for labels in ([run.hardware for run in runs], [run.name for run in runs], [str(run.path) for run in runs]):
        pairs = {(run.workload, label) for run, label in zip(runs, labels, strict=True)}
        if len(pairs) == len(runs):
            return labels
    raise ResultsError("runs must be different ones, got one of them twice")


def _value(data: pd.DataFrame, workload: str, label: str, name: str) -> float:
    found = data.loc[(data["workload"] == workload) & (data["label"] == label), f"{RELATIVE}{name}"]
    return float(found.iloc[0]) if len(found) else np.nan


def _bars(axes: Axes, values: list[list[float]], labels: list[str], page: Page) -> None:
    """Draw groups of bars: one list a label, one number a group."""
    from matplotlib.patheffects import withStroke

    width, groups = GROUP_WIDTH / len(values), len(values[0])
    axes_in = page.width_in - 0.6
    texts = [[plain(number, 2) if np.isfinite(number) else "" for number in row] for row in values]
    room_in = axes_in / (groups + 0.2) * width
    written = all(page.width_of(text, page.style.small_pt - 1) <= 1.1 * room_in for row in texts for text in row)
    for place, (label, row) in enumerate(zip(labels, values, strict=True)):
        at = np.arange(groups) + (place - (len(values) - 1) / 2) * width
        axes.bar(at, np.nan_to_num(row), width, edgecolor="black", label=shortened(label), **LOOKS[place % len(LOOKS)])
        for x, number, text in zip(at, row, texts[place], strict=True):
            if written and np.isfinite(number):
                axes.annotate(
                    text,
                    (x, number),
                    (0, 1.5),
                    textcoords="offset points",
                    ha="center",
                    fontsize=page.style.small_pt - 1,
                    path_effects=[withStroke(linewidth=1.5, foreground="white")],
                )
    axes.axhline(1, color="black", linewidth=0.6 * page.style.line_pt, linestyle=":", zorder=0)
    axes.set_xlim(-0.6, groups - 0.4)
    axes.margins(y=0.15)
    axes.tick_params(axis="x", length=0)


def _better(name: str) -> str:
    return "more is better" if name in MORE_IS_BETTER else "less is better"


def _wrapped(name: str) -> str:
    return label_of(name).split(" (")[0]


KIND = Kind("compare", "accelerators side by side, over one of them", "runs", data, draw, height_in)
