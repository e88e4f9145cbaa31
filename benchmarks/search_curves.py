"""Curves of searches: the best fitness over what it has cost; how they compare, and how they look."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lpasim.lpq.settings import GeneticSettings

Cost = Literal["images_evaluated", "images_run", "seconds"]
COSTS: dict[Cost, str] = {
    "images_evaluated": "images evaluated",
    "images_run": "images run, less what is reused",
    "seconds": "seconds",
}
PLAIN = "plain"
"""The search that others are compared with."""
COLOURS = {PLAIN: "#000000", "fitted start": "#0072B2", "fitted start, screening": "#D55E00"}
"""M. Okabe and K. Ito, "Color Universal Design", 2008."""
USUAL_PASSES = GeneticSettings().passes
GOALS = ("its first candidate", f"its {USUAL_PASSES} passes", "best that both reach")
"""Where a search is compared with the plain one: at the fitness that it has then."""
Curves = Mapping[tuple[str, str], "Sequence[Point]"]
"""By search and seed."""
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.0,
    "axes.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "lpasim",
}
MARGIN, ABOVE = 0.05, 0.75
"""Room below the best fitness and above the worst fitted start, in parts of their distance."""
SIZE_IN = (7.16, 2.5)
"""Width of a page of two columns, and a height [inches]."""


@dataclass(frozen=True, slots=True)
class Point:
    """The best fitness on all images so far, the passes over the network that are done, and what it has cost."""

    passes: float
    best_fitness: float
    images_evaluated: float
    images_run: float
    seconds: float


def cost_to_reach(points: Sequence[Point], fitness: float, cost: Cost) -> float:
    """Return what it cost until the best fitness was at most a value that it reaches."""
    return next(float(getattr(point, cost)) for point in points if point.best_fitness <= fitness)


def goals(plain: Sequence[Point], points: Sequence[Point]) -> dict[str, float]:
    """Return the fitnesses at which a search is compared with the plain one."""
    usual = [point.best_fitness for point in points if point.passes <= USUAL_PASSES]
    ends = [found[-1].best_fitness for found in (plain, points)]
    return dict(zip(GOALS, (points[0].best_fitness, usual[-1], max(ends)), strict=True))


def ratios(curves: Curves, network: str) -> list[dict[str, str]]:
    """Compare each search with the plain one of the same seed."""
    rows = []
    for (search, seed), points in curves.items():
        plain = curves.get((PLAIN, seed))
        if plain is None or search == PLAIN:
            continue
        for goal, fitness in goals(plain, points).items():
            row = {"network": network, "search": search, "at": goal, "seed": seed, "fitness": f"{fitness:.5f}"}
            reached = plain[-1].best_fitness <= fitness
            for cost in COSTS:
                own = cost_to_reach(points, fitness, cost)
                theirs = cost_to_reach(plain, fitness, cost) if reached else float(getattr(plain[-1], cost))
                row[cost], row[f"{cost}_ratio"] = f"{own:.1f}", f"{'' if reached else '> '}{theirs / own:.2f}"
            rows.append(row)
    return rows


def figure(curves: Curves, title: str) -> bytes:
    """Draw all curves of a network over each cost, as SVG."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=SIZE_IN, layout="constrained")
        FigureCanvasAgg(drawn)
        panels = drawn.subplots(1, len(COSTS), sharey=True)
        for panel, cost in zip(panels, COSTS, strict=True):
            _panel(panel, curves, cost)
        panels[0].set_ylabel("best fitness so far")
        panels[0].set_ylim(*_reach(curves))
        panels[-1].legend(frameon=False, fontsize=6.0, loc="lower left")
        drawn.suptitle(title, fontsize=7.0, parse_math=False)
        sink = io.BytesIO()
        drawn.savefig(sink, format="svg", metadata={"Date": None})
    return sink.getvalue()


def _reach(curves: Curves) -> tuple[float, float]:
    """Return the fitnesses between which panels show curves: random candidates lie far above, and come in there."""
    lowest = min(points[-1].best_fitness for points in curves.values())
    starts = [points[0].best_fitness for (search, _), points in curves.items() if search != PLAIN]
    fitted = max(starts or [points[0].best_fitness for points in curves.values()])
    return lowest - MARGIN * (fitted - lowest), fitted + ABOVE * (fitted - lowest)


def _panel(panel: Axes, curves: Curves, cost: Cost) -> None:
    named = set()
    for (search, _), points in curves.items():
        label = None if search in named else search
        named.add(search)
        costs, best = [getattr(point, cost) for point in points], [point.best_fitness for point in points]
        panel.step(costs, best, where="post", color=COLOURS[search], linewidth=0.9, label=label)
        panel.plot(costs[-1:], best[-1:], ".", color=COLOURS[search], markersize=3)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    panel.xaxis.set_major_formatter("{x:g}")
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlabel(COSTS[cost])
    panel.grid(visible=True, which="major", linewidth=0.3)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
