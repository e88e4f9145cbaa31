"""The page of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpasim.hardware import load_hardware
from lpasim.reports.headline import changes, chip_line
from lpasim.reports.key_figures import key_figures
from lpasim.reports.numbers import plain, scaled
from lpasim.reports.page.basis import basis
from lpasim.reports.page.checks import check_report
from lpasim.reports.page.document import Page
from lpasim.reports.page.layer_columns import layer_columns
from lpasim.reports.page.layer_views import layer_views
from lpasim.reports.page.palette import SERIES
from lpasim.reports.page.roofline import roofline
from lpasim.reports.page.shares import parts_of
from lpasim.reports.saved_run import REPORT_FILE, SavedRun
from lpasim.reports.uncertainty_table import FIGURE_NAMES

SCRIPTS = ("theme", "tables", "scales", "layers", "roofline", "shares", "run")


def run_page(run: SavedRun) -> Page:
    """Lay out what a run's folder holds.

    Raises
    ------
    ResultsError, HardwareError
        If a file of the folder is missing or malformed.
    """
    check_report(run.report, run.path / REPORT_FILE)
    resolved = load_hardware(str(run.path / "config.yaml"))
    report, chip = run.report, resolved.hardware
    summary, rows = report["summary"], report["layers"]
    energy, area = (parts_of(summary[name]) for name in ("component_energy_mj", "component_area_mm2"))
    content = {
        "configured": "Every value of the accelerator.",
        "title": f"{_title(report)} on {', '.join([chip.name, *changes(resolved)])}",
        "lines": (chip_line(chip), _workload_line(report)),
        "figures": key_figures(summary),
        "columns": layer_columns(rows),
        "layers": len(rows),
        "operators": sorted({row["operator"] for row in rows}),
        "energy": energy,
        "energy_total": scaled(summary["energy_mj"] * 1e-3, "J"),
        "area": area,
        "area_total": f"{plain(summary['area_mm2'])} mm²",
        **basis(run.path, resolved),
        "uncertainty": report.get("uncertainty"),
        "figure_names": FIGURE_NAMES,
        "workload": report["workload"],
        "activity": report.get("activity", {}),
        "free": report.get("free", []),
        "versions": run.description.get("versions", {}),
    }
    data = {
        "layers": {"names": [row["name"] for row in rows], "views": layer_views(rows, chip.clock_mhz)},
        "roofline": roofline(run) | {"colours": SERIES},
        "shares": {"energy": _shares(energy, "mJ"), "area": _shares(area, "mm²")},
    }
    return Page("run.html", SCRIPTS, content, data, compiles=False)


def _title(report: Mapping[str, Any]) -> str:
    return str(report["workload"].get("title") or report["workload"]["name"])


def _workload_line(report: Mapping[str, Any]) -> str:
    workload, summary = report["workload"], report["summary"]
    shapes = ", ".join("×".join(str(size) for size in shape) for shape in workload["input_shapes"].values())
    return (
        f"batch {workload['batch']}, input {shapes}; {scaled(summary['macs'], 'MACs')}; on average "
        f"{plain(summary['average_weight_bits'])}-bit weights, "
        f"{plain(summary['average_activation_bits'])}-bit streamed activations"
    )


def _shares(parts: tuple[Any, ...], unit: str) -> dict[str, Any]:
    return {
        "unit": unit,
        "parts": [
            {"name": part.name, "colour": part.colour, "value": part.value, "share": part.share} for part in parts
        ],
    }
