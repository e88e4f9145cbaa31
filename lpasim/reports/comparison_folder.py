"""The folder of a comparison: all of it as JSON, its rows as CSV, the figure, and what to cite.

The same inputs and versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lpasim import __version__
from lpasim.hardware import ResolvedHardware, bibliography
from lpasim.quantization.trace import Trace
from lpasim.reports.comparison import SCHEMA, Comparison, csv_of
from lpasim.reports.comparison_figure import comparison_figure
from lpasim.reports.figures.style import FORMS
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder

MARK = "comparison.json"
TABLE, CITATIONS, FIGURE = "comparison.csv", "citations.bib", "comparison"
KIND = FolderKind(SCHEMA, MARK, (TABLE, CITATIONS, *(f"{FIGURE}.{form}" for form in FORMS), MARK))


@dataclass(frozen=True, slots=True)
class ComparisonFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path

    def fill(self, comparison: Comparison) -> None:
        """Write every file."""
        (self.staging / MARK).write_bytes(json_bytes(comparison.to_dict()))
        (self.staging / TABLE).write_text(csv_of(comparison), encoding="utf-8", newline="")
        (self.staging / CITATIONS).write_text(bibliography(*comparison.accelerators), encoding="utf-8")
        for form, content in comparison_figure(comparison).items():
            (self.staging / f"{FIGURE}.{form}").write_bytes(content)


@contextmanager
def open_comparison_folder(
    out: Path | None, workloads: Sequence[Sequence[Trace]], accelerators: Sequence[ResolvedHardware], baseline: str
) -> Iterator[ComparisonFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Parameters
    ----------
    out : Path or None
        Where; None for a folder in ``results/`` named after the workloads and a hash of all that decides the results.
    workloads, accelerators, baseline
        The comparison.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    path = out if out is not None else _default_path(workloads, accelerators, baseline)
    with staged_folder(path, KIND) as staging:
        yield ComparisonFolder(path, staging)


def _default_path(
    workloads: Sequence[Sequence[Trace]], accelerators: Sequence[ResolvedHardware], baseline: str
) -> Path:
    content = {
        "traces": [[trace.model_dump(mode="json", by_alias=True) for trace in traces] for traces in workloads],
        "hardware": [each.hardware.model_dump(mode="json", by_alias=True) for each in accelerators],
        "baseline": baseline,
        "lpasim": __version__,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
    names = re.sub(r"[^\w.@-]+", "_", "-".join(traces[0].name for traces in workloads))
    return Path("results") / f"compare-{names[:60]}-{digest}"
