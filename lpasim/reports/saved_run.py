"""Reading the folder of a run: what it ran, its report, and the table of its layers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lpasim.errors import ResultsError
from lpasim.networks.printable import file_name, printable
from lpasim.quantization.documents import Document
from lpasim.quantization.trace_file import read_trace
from lpasim.reports import run_folder, study_folder
from lpasim.reports.layer_rows import layer_frame
from lpasim.reports.report import SCHEMA, VERSION, Report
from lpasim.reports.saved_values import check_report

if TYPE_CHECKING:
    import pandas as pd

    from lpasim.quantization.trace import Trace

RUN = Document("run", run_folder.SCHEMA, run_folder.VERSION, ResultsError)
REPORT = Document("report", SCHEMA, VERSION, ResultsError)
REPORT_FILE, TRACE_FILE = "report.json", "trace.json"


@dataclass(frozen=True)
class SavedRun:
    """A run as its folder holds it.

    Attributes
    ----------
    path : Path
        The folder.
    description : dict
        ``run.json``: arguments and versions.
    report : dict
        ``report.json``: what `lpasim.reports.report.Report.to_dict` gives.
    loaded : Trace or None
        The workload, if it need not be read from the folder.
    """

    path: Path
    description: dict[str, Any]
    report: dict[str, Any]
    loaded: Trace | None = None

    @classmethod
    def of(cls, report: Report) -> Self:
        """Return a run as its folder would hold it, without a folder."""
        name = f"{report.trace.name}-{report.resolved.hardware.name}"
        return cls(Path(name), {}, report.to_dict(), report.trace)

    @property
    def name(self) -> str:
        """Name of the folder."""
        return file_name(self.path)

    @property
    def workload(self) -> str:
        """Name of the network."""
        return str(self.report["workload"]["name"])

    @property
    def hardware(self) -> str:
        """Name of the accelerator."""
        return str(self.report["configuration"]["name"])

    @property
    def summary(self) -> dict[str, Any]:
        """The whole run; `lpasim.reports.statistics.SUMMARY_STATS` declares the keys."""
        return dict(self.report["summary"])

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The per-layer table, one flat column a statistic and part."""
        return layer_frame(self.report["layers"])

    @cached_property
    def trace(self) -> Trace:
        """The workload; raises `TraceError` where the folder has none."""
        return self.loaded if self.loaded is not None else read_trace(self.path / TRACE_FILE)


def is_run(path: Path) -> bool:
    """Tell whether a folder claims to be that of a run."""
    return (path / run_folder.MARK).is_file()


def no_results(path: Path) -> ResultsError:
    """Return the refusal of what is the folder of neither a run nor a study; a name in ``results/`` is told there."""
    got = "another folder" if path.is_dir() else "a file" if path.is_file() else "no folder"
    named = Path("results") / path
    hint = f"; did you mean {printable(named)}?" if is_run(named) or study_folder.is_study(named) else ""
    marks = f"{run_folder.MARK} or {study_folder.MARK}"
    return ResultsError(f"run or study must be a folder with {marks}, got {got} ({printable(path)}){hint}")


def read_run(path: Path) -> SavedRun:
    """Read the folder of a run.

    Raises
    ------
    ResultsError
        If it is none, or a file of it is missing, broken or of another version.
    """
    if not is_run(path):
        got = "a folder without it" if path.is_dir() else "no folder"
        raise ResultsError(f"run must be a folder with {run_folder.MARK}, got {got} ({printable(path)})")
    description, data = _read(RUN, path / run_folder.MARK), _read(REPORT, path / REPORT_FILE)
    check_report(data, printable(path / REPORT_FILE))
    return SavedRun(path, description, data)


def _read(document: Document, path: Path) -> dict[str, Any]:
    text = document.read(path)
    document.check_head(text, printable(path))
    return dict(json.loads(text))
