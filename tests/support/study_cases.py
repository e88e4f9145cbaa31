"""Study folders, made of simulated points as a sweep would leave them."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

import lpasim
from lpasim.errors import LpasimError
from lpasim.hardware import load_hardware, to_yaml
from lpasim.reports import study_folder
from lpasim.reports.layer_rows import flatten
from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_folder import column_of

OBJECTIVES = (("latency_ms", "min"), ("energy_mj", "min"), ("area_mm2", "min"))


def write_study(
    path: Path,
    workloads: list[str],
    axes: dict[str, list[Any]],
    objectives: tuple[tuple[str, str], ...] = OBJECTIVES,
    name: str = "case",
) -> Path:
    """Simulate the full product of some axes; "array.rows,array.cols" are linked, with values such as (8, 16)."""
    rows = [
        _row(at, workload, dict(zip(axes, values, strict=True)))
        for at, (workload, *values) in enumerate(product(workloads, *axes.values()))
    ]
    table = pd.DataFrame(rows)
    table["pareto"] = _pareto(table, objectives)
    table = table[
        [*(column for column in table if column not in ("pareto", "status", "error")), "pareto", "status", "error"]
    ]
    path.mkdir(parents=True)
    table.to_parquet(path / study_folder.POINTS)
    table.to_csv(path / study_folder.TABLE, index=False)
    table[table["pareto"]].to_csv(path / study_folder.FRONT, index=False)
    (path / "config.yaml").write_text(to_yaml(load_hardware("lpa")))
    (path / "citations.bib").write_text("")
    description = {
        "schema": study_folder.SCHEMA,
        "version": study_folder.VERSION,
        "name": name,
        "kind": "sweep",
        "workloads": workloads,
        "hardware": "lpa",
        "axes": [
            {"label": key, "keys": key.split(","), "unit": None, "values": [_plain(value) for value in values]}
            for key, values in axes.items()
        ],
        "where": None,
        "sampling": {"sample": None, "seed": None},
        "objectives": [{"column": column, "goal": goal} for column, goal in objectives],
        "points": {"planned": len(table), "done": int((table["status"] == "done").sum()), "failed": 0, "excluded": 0},
        "assumptions": [],
        "versions": {},
        "arguments": {},
    }
    (path / study_folder.MARK).write_text(json.dumps(description))
    return path


def _row(at: int, workload: str, values: dict[str, Any]) -> dict[str, Any]:
    single = {
        key: value
        for keys, value_s in values.items()
        for key, value in zip(keys.split(","), value_s if "," in keys else (value_s,), strict=True)
    }
    head = {"point": at, "workload": workload, **{column_of(key): value for key, value in single.items()}}
    try:
        summary = flatten(lpasim.simulate(workload, overrides=single).summary)
    except LpasimError as error:
        names = [name for stat in SUMMARY_STATS for name in columns(stat)]
        return {**head, **dict.fromkeys(names), "status": "failed", "error": str(error)}
    return {**head, **summary, "status": "done", "error": ""}


def _pareto(table: pd.DataFrame, objectives: tuple[tuple[str, str], ...]) -> list[bool]:
    signs = [1 if goal == "min" else -1 for _, goal in objectives]
    values = table[[column for column, _ in objectives]].astype(float) * signs
    return [
        bool(table["status"][at] == "done")
        and not any(
            table["workload"][other] == table["workload"][at]
            and (values.loc[other] <= values.loc[at]).all()
            and (values.loc[other] < values.loc[at]).any()
            for other in values.index
        )
        for at in values.index
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
