"""The roofline of a run, as the page's script draws it: the figure's data without what it does not need."""

from __future__ import annotations

from math import isfinite
from typing import Any

from lpasim.reports.figures.kind import Options, UnsuitedError
from lpasim.reports.figures.modes import bits_of_mode
from lpasim.reports.figures.roofline import data
from lpasim.reports.saved_run import SavedRun
from lpasim.reports.summary import OPS_PER_MAC


def roofline(run: SavedRun) -> dict[str, Any]:
    """Place the layers that multiply and move data, and the roofs of the modes that occur.

    Returns
    -------
    dict
        `points`: name of the layer, its mode, its intensity [MACs a byte of DRAM traffic] and what it achieves
        [GOPS], empty where no layer has a product; `roofs`: the most [GOPS] that modes allow; `slope`: what the memory
        allows [GOPS for each MAC a byte], None where it is never late.
    """
    try:
        table = data(run, Options())
    except UnsuitedError:
        return {"points": [], "roofs": [], "slope": None}
    moving = table[table["macs_per_byte"].notna()]
    columns = {"name": "name", "mode": "mode", "macs_per_byte": "intensity", "gops": "gops"}
    roofs = [
        {"modes": ", ".join(sorted(set(layers["mode"]), key=bits_of_mode)), "gops": float(layers["peak_gops"].iloc[0])}
        for _, layers in table.groupby("peak_gops")
    ]
    bandwidth_gbps = float(table["bandwidth_gbps"].iloc[0])
    return {
        "points": moving.rename(columns=columns)[list(columns.values())].to_dict("records"),
        "roofs": roofs,
        "slope": OPS_PER_MAC * bandwidth_gbps if isfinite(bandwidth_gbps) else None,
    }
