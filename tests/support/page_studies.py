"""Folders of studies for pages: points of an analytic model, as large as a test needs them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd

from lpasim.hardware import bibliography, load_hardware, to_yaml
from lpasim.reports import study_folder

ROWS, COLS = (4, 8, 16, 32), (4, 8, 16, 32)
BUFFERS = (65536, 131072, 262144)
MEMORIES = ("lpddr4-3200", "hbm2")
CLOCKS = tuple(range(200, 1001, 8))
"""More clocks than an axis shows as check boxes."""
OBJECTIVES = (
    {"column": "latency_ms", "goal": "min"},
    {"column": "energy_mj", "goal": "min"},
    {"column": "area_mm2", "goal": "min"},
)


def model(workload: str, rows: int, cols: int, buffer: int, memory: str, clock: float = 500.0) -> dict[str, float]:
    """Price a point by closed forms that trade time for area, as arrays and buffers do."""
    macs = {"resnet18": 1.81e9, "vit_tiny": 1.25e9}.get(workload, 1e9)
    traffic = macs * 0.004 * (1 + 131072 / buffer) * (1 + 8 / rows)
    compute_ms = macs / (rows * cols * 2 * clock * 1e6) * 1e3 * (1 + cols / 400)
    memory_ms = traffic / (12.8e9 if memory == "lpddr4-3200" else 64e9) * 1e3
    latency = max(compute_ms, memory_ms) + 0.1 * min(compute_ms, memory_ms)
    energy = (
        macs * 0.4e-9 + traffic * 8 * (8e-9 if memory == "lpddr4-3200" else 4e-9) + latency * 1e-3 * rows * cols / 64
    )
    area = rows * cols * 2e-4 + 4 * buffer * 1.6e-6 + rows * 4e-3
    gops = 2 * macs / latency / 1e6
    return {
        "cycles": int(latency * 1e-3 * clock * 1e6),
        "latency_ms": latency,
        "throughput_gops": gops,
        "utilization": min(1.0, compute_ms / latency),
        "area_mm2": area,
        "tops_per_mm2": gops / 1e3 / area,
        "energy_mj": energy,
        "power_mw": energy / latency * 1e3,
        "tops_per_w": gops / 1e3 / (energy / latency),
        "edp_mj_ms": energy * latency,
    }


def write_study(
    path: Path,
    *,
    name: str = "pe-study",
    workloads: tuple[str, ...] = ("resnet18", "vit_tiny"),
    clocks: tuple[float, ...] = (500.0,),
    failures: int = 0,
    errors: str = "weight buffer must hold a tile of layer conv1, got 65536 B",
) -> pd.DataFrame:
    """Write the folder of a study; return its points."""
    grid = itertools.product(workloads, ROWS, COLS, BUFFERS, MEMORIES, clocks)
    points = []
    for place, (workload, rows, cols, buffer, memory, clock) in enumerate(grid):
        axes: dict[str, Any] = {
            "array.rows": rows,
            "array.cols": cols,
            "buffers.weight_bytes": buffer,
            "dram.preset": memory,
        }
        if len(clocks) > 1:
            axes["clock_mhz"] = clock
        failed = place < failures
        figures = model(workload, rows, cols, buffer, memory, clock)
        figures = dict.fromkeys(figures) if failed else figures
        status = {"status": "failed" if failed else "done", "error": errors if failed else ""}
        points.append({"point": place, "workload": workload} | axes | figures | {"pareto": False} | status)
    frame = pd.DataFrame(points)
    frame["pareto"] = on_front(frame)
    _write(path, name, workloads, frame, axes)
    return frame


def on_front(frame: pd.DataFrame) -> list[bool]:
    """Tell which points no other of the same workload is at least as good as in all, and better in one."""
    flags = pd.Series(False, index=frame.index)
    for _, group in frame[frame["status"] == "done"].groupby("workload"):
        best: list[tuple[float, ...]] = []
        for index, row in group.sort_values(["latency_ms", "energy_mj", "area_mm2"]).iterrows():
            values = (row["latency_ms"], row["energy_mj"], row["area_mm2"])
            if not any(all(one <= other for one, other in zip(known, values, strict=True)) for known in best):
                best.append(values)
                flags[index] = True
    return flags.tolist()


def _write(path: Path, name: str, workloads: tuple[str, ...], frame: pd.DataFrame, axes: dict[str, Any]) -> None:
    path.mkdir(parents=True, exist_ok=True)
    keys = {"buffers.weight_bytes": "buffers.weight"}
    described = [
        {
            "label": keys.get(column, column),
            "keys": [keys.get(column, column)],
            "unit": "B" if column.endswith("_bytes") else None,
            "values": frame[column].unique().tolist(),
        }
        for column in axes
    ]
    description = {
        "schema": study_folder.SCHEMA,
        "version": study_folder.VERSION,
        "name": name,
        "kind": "sweep",
        "workloads": list(workloads),
        "hardware": "lpa",
        "axes": described,
        "where": None,
        "sampling": {"sample": None, "seed": None},
        "objectives": list(OBJECTIVES),
        "points": {"planned": len(frame), "done": int((frame["status"] == "done").sum()), "failed": 0, "excluded": 0},
        "assumptions": [],
        "versions": {"lpasim": "0.1.0", "python": "3.11.7", "numpy": "2.3.5"},
        "arguments": {},
    }
    resolved = load_hardware("lpa")
    (path / study_folder.MARK).write_text(json.dumps(description, indent=2), encoding="utf-8")
    (path / "config.yaml").write_text(to_yaml(resolved), encoding="utf-8")
    (path / "citations.bib").write_text(bibliography(resolved), encoding="utf-8")
    frame.to_csv(path / study_folder.TABLE, index=False)
    frame.to_parquet(path / study_folder.POINTS, index=False)
    frame[frame["pareto"]].to_csv(path / study_folder.FRONT, index=False)
