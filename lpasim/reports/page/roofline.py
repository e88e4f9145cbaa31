"""The roofline: what each layer achieves, below what memory and array allow.

References
----------
S. Williams, A. Waterman and D. Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures", Communications of the ACM 52(4), 2009, doi 10.1145/1498765.1498785.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lpasim.hardware import Hardware
from lpasim.reports.summary import OPS_PER_MAC

Row = Mapping[str, Any]


def roofline(rows: Sequence[Row], chip: Hardware) -> dict[str, Any]:
    """Place the layers that multiply and move data, and the roofs of the modes that occur.

    Returns
    -------
    dict
        `points`: index of the layer, its mode, its intensity [operations a byte of DRAM traffic] and what it achieves
        [GOPS]; `roofs`: the most [GOPS] that each mode allows; `bandwidth_gbps`: that of the memory, None where
        memory is never late.
    """
    cells = chip.array.rows * chip.array.cols
    per_cell = {row["mode"]: row["macs_per_cell"] for row in rows if row["mode"]}
    points = [
        {"layer": index, "mode": row["mode"], "intensity": OPS_PER_MAC * row["macs"] / moved, "gops": _gops(row, chip)}
        for index, row in enumerate(rows)
        if row["mode"] and row["macs"] and row["cycles"] and (moved := row["dram_read_bytes"] + row["dram_write_bytes"])
    ]
    peaks: dict[float, list[str]] = {}
    for mode, macs in sorted(per_cell.items()):
        peaks.setdefault(OPS_PER_MAC * cells * macs * chip.clock_mhz / 1e3, []).append(mode)
    return {
        "points": points,
        "roofs": [{"modes": ", ".join(modes), "gops": gops} for gops, modes in sorted(peaks.items())],
        "bandwidth_gbps": None if chip.dram.ideal else chip.dram.bandwidth_gbps,
    }


def _gops(row: Row, chip: Hardware) -> float:
    return float(OPS_PER_MAC * row["macs"] * chip.clock_mhz / row["cycles"] / 1e3)
