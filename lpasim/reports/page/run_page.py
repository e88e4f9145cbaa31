"""The page of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lpasim.hardware import load_hardware
from lpasim.networks.printable import printable
from lpasim.reports.headline import changes, chip_line
from lpasim.reports.key_figures import key_figures
from lpasim.reports.numbers import plain, scaled
from lpasim.reports.page.basis import basis
from lpasim.reports.page.checks import check_run
from lpasim.reports.page.document import Page
from lpasim.reports.page.layer_columns import layer_columns
from lpasim.reports.page.layer_views import layer_views
from lpasim.reports.page.palette import SERIES
from lpasim.reports.page.roofline import roofline
from lpasim.reports.page.sections import RunSections, Workload, read_sections
from lpasim.reports.page.shares import Part, parts_of
from lpasim.reports.run_folder import MARK
from lpasim.reports.saved_run import SavedRun
from lpasim.reports.uncertainty_table import FIGURE_NAMES

SCRIPTS = ("theme", "tables", "scales", "layers", "roofline", "shares", "run")


def run_page(run: SavedRun) -> Page:
    """Lay out what a run's folder holds.

    Raises
    ------
    ResultsError, HardwareError
        If a file of the folder is missing or malformed.
    """
    said = check_run(run)
    resolved = load_hardware(str(run.path / "config.yaml"))
    chip, summary, rows = resolved.hardware, run.summary, run.report["layers"]
    energy, area = (parts_of(summary[name]) for name in ("component_energy_mj", "component_area_mm2"))
    content = {
        "title": f"{said.workload.title or said.workload.name} on {', '.join([chip.name, *changes(resolved)])}",
        "lines": (chip_line(chip), _workload_line(said.workload, summary)),
        "configured": "Every value of the accelerator.",
        "figures": key_figures(summary),
        "columns": layer_columns(rows),
        "layers": len(rows),
        "operators": sorted({row["operator"] for row in rows}),
        "energy": energy,
        "energy_total": scaled(summary["energy_mj"] * 1e-3, "J"),
        "area": area,
        "area_total": f"{plain(summary['area_mm2'])} mm²",
        "said": said,
        "figure_names": FIGURE_NAMES,
        "versions": read_sections(RunSections, run.description, printable(run.path / MARK)).versions,
        **basis(run.path, resolved),
    }
    # What the roofline reads must be whole; config.yaml has been checked, the report's copy of it has not.
    configuration = chip.model_dump(mode="json", by_alias=True)
    lines = roofline(replace(run, report=run.report | {"configuration": configuration}))
    data = {
        "layers": {"names": [row["name"] for row in rows], "views": layer_views(rows, chip.clock_mhz)},
        "roofline": lines | {"colours": SERIES},
        "shares": {"energy": _shares(energy, "mJ"), "area": _shares(area, "mm²")},
    }
    return Page("run.html", SCRIPTS, content, data, compiles=False)


def _workload_line(workload: Workload, summary: Mapping[str, Any]) -> str:
    shapes = ", ".join("×".join(map(str, shape)) for shape in workload.input_shapes.values())
    return (
        f"batch {workload.batch}, input {shapes}; {scaled(summary['macs'], 'MACs')}; on average "
        f"{plain(summary['average_weight_bits'])}-bit weights, "
        f"{plain(summary['average_activation_bits'])}-bit streamed activations"
    )


def _shares(parts: tuple[Part, ...], unit: str) -> dict[str, Any]:
    return {
        "unit": unit,
        "parts": [
            {"name": part.name, "colour": part.colour, "value": part.value, "share": part.share} for part in parts
        ],
    }
