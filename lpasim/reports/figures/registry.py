"""The kinds of figures. A new one is a module with a `Kind`, and a line here."""

from __future__ import annotations

from lpasim.reports.figures import (
    bits,
    breakdown,
    compare,
    distributions,
    heatmap,
    latency,
    layer_energy,
    parallel,
    pareto,
    roofline,
    scaling,
    utilization,
)
from lpasim.reports.figures.kind import Kind

KINDS: tuple[Kind, ...] = (
    latency.KIND,
    utilization.KIND,
    layer_energy.KIND,
    breakdown.ENERGY,
    breakdown.AREA,
    roofline.KIND,
    bits.KIND,
    distributions.KIND,
    compare.KIND,
    pareto.KIND,
    parallel.KIND,
    heatmap.KIND,
    scaling.KIND,
)
