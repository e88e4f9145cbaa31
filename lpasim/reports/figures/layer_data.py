"""Rows of the layers of a run, with what every figure's data begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from lpasim.reports.saved_run import SavedRun


def layer_table(run: SavedRun, *columns: str) -> pd.DataFrame:
    """Return columns of the layers, behind the run's workload and hardware, and the layer's number and name."""
    table = run.layers[["name", *columns]].copy()
    table.insert(0, "layer", range(1, len(table) + 1))
    table.insert(0, "hardware", run.hardware)
    table.insert(0, "workload", run.workload)
    return table
