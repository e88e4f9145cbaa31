"""The folder of a run: everything that is needed to read its results, and to get them again.

Its files are the same bytes for the same inputs and versions: no times, no absolute paths.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lpasim import __version__
from lpasim.cost.priced_hardware import TableFiles
from lpasim.hardware import ResolvedHardware, bibliography, to_yaml
from lpasim.quantization.activity_file import format_activity
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import format_trace
from lpasim.reports.libraries import NUMERICAL, versions
from lpasim.reports.measured import MeasuredActivity
from lpasim.reports.report import Report
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder
from lpasim.reports.tables import csv_text, parquet_bytes

SCHEMA = "lpasim-run"
VERSION = 1
MARK = "run.json"
FILES = ("config.yaml", "trace.json", "citations.bib", "report.json", "layers.csv", "layers.parquet", MARK)
ACTIVITY = "activity.json"
"""The measured activity, where one was used."""
TABLES = {"ert": "ert.yaml", "art": "art.yaml", "cost_map": "cost-map.yaml"}
"""Copies of the reference tables that prices were taken from, and of the map, where they were given."""
KIND = FolderKind(SCHEMA, MARK, (*FILES, ACTIVITY, *TABLES.values()), is_shown=True)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user asked for. Paths keep only their last part, so that two copies of a project give the same files."""

    workload: str
    hardware: str
    overrides: tuple[str, ...] = ()
    batch: int | None = None
    input_shape: str | None = None
    activity_file: str | None = None
    tables: TableFiles | None = None

    def portable(self) -> dict[str, Any]:
        """Return the arguments as JSON types."""
        names = {"workload": Path(self.workload).name, "hardware": Path(self.hardware).name}
        if self.activity_file is not None:
            names["activity_file"] = Path(self.activity_file).name
        given = {**asdict(self), **names, "overrides": list(self.overrides)}
        del given["tables"]
        return given | {name: file.name for name, file in self._files().items()}

    def copies(self) -> dict[str, bytes]:
        """Return the contents of the tables, by the names of their copies."""
        return {TABLES[name]: file.read_bytes() for name, file in self._files().items()}

    def _files(self) -> dict[str, Path]:
        files = {name: getattr(self.tables, name, None) for name in TABLES}
        return {name: file for name, file in files.items() if file is not None}


def default_path(trace: Trace, resolved: ResolvedHardware, activity: MeasuredActivity | None = None) -> Path:
    """Name the folder after workload, accelerator, and a hash of all that decides the results."""
    content = {
        "trace": trace.model_dump(mode="json", by_alias=True),
        "hardware": resolved.hardware.model_dump(mode="json", by_alias=True),
        "lpasim": __version__,
    }
    if activity is not None:
        content["activity"] = activity.activity.model_dump(mode="json", by_alias=True)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
    stem = re.sub(r"[^\w.@-]+", "_", f"{trace.name}-{resolved.hardware.name}")
    return Path("results") / f"{stem}-{digest}"


@dataclass(frozen=True)
class RunFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path
    arguments: Arguments
    copies: Mapping[str, bytes]

    def fill(self, report: Report) -> None:
        """Write every file."""
        text = csv_text(report)
        activity = None if report.activity is None else format_activity(report.activity.activity).encode()
        contents = (
            to_yaml(report.resolved).encode(),
            format_trace(report.trace).encode(),
            bibliography(report.resolved).encode(),
            json_bytes(report.to_dict()),
            text.encode(),
            parquet_bytes(text),
            json_bytes(self._description(activity)),
        )
        for name, content in zip(FILES, contents, strict=True):
            (self.staging / name).write_bytes(content)
        if activity is not None:
            (self.staging / ACTIVITY).write_bytes(activity)
        for name, content in self.copies.items():
            (self.staging / name).write_bytes(content)

    def _description(self, activity: bytes | None) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "arguments": self.arguments.portable(),
            "activity_sha256": None if activity is None else hashlib.sha256(activity).hexdigest(),
            "seed": None,
            "versions": versions(NUMERICAL),
        }


@contextmanager
def open_folder(
    out: Path | None,
    trace: Trace,
    resolved: ResolvedHardware,
    arguments: Arguments,
    activity: MeasuredActivity | None = None,
) -> Iterator[RunFolder]:
    """Prepare a run folder; give it its name when the body ends well, and leave nothing behind when it does not.

    Parameters
    ----------
    out : Path or None
        Where; None for `default_path` below the current directory.
    trace, resolved, arguments, activity
        The run.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written, before the body starts where that can be known.
    """
    path = out if out is not None else default_path(trace, resolved, activity)
    with staged_folder(path, KIND) as staging:
        yield RunFolder(path, staging, arguments, arguments.copies())
