"""The folder of a comparison: all of it as JSON, its rows as CSV, the figure, and what to cite.

The same inputs and versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from lpasim import __version__
from lpasim.hardware import ResolvedHardware, bibliography
from lpasim.quantization.trace import Trace
from lpasim.reports.comparison import SCHEMA, Comparison, csv_of
from lpasim.reports.comparison_figure import comparison_figure
from lpasim.reports.figures.style import FORMS
from lpasim.reports.staging import FolderKind, json_bytes

MARK = "comparison.json"
TABLE, CITATIONS, FIGURE = "comparison.csv", "citations.bib", "comparison"
KIND = FolderKind(SCHEMA, MARK, (TABLE, CITATIONS, *(f"{FIGURE}.{form}" for form in FORMS), MARK))


def comparison_files(comparison: Comparison) -> dict[str, bytes]:
    """Return every file, by its name."""
    figure = {f"{FIGURE}.{form}": content for form, content in comparison_figure(comparison).items()}
    return {
        MARK: json_bytes(comparison.to_dict()),
        TABLE: csv_of(comparison).encode(),
        CITATIONS: bibliography(*comparison.accelerators).encode(),
        **figure,
    }


def default_path(workloads: Sequence[Sequence[Trace]], accelerators: Sequence[ResolvedHardware], baseline: str) -> Path:
    """Name a folder in ``results/`` after the workloads and a hash of all that decides the results."""
    content = {
        "traces": [[trace.model_dump(mode="json", by_alias=True) for trace in traces] for traces in workloads],
        "hardware": [each.hardware.model_dump(mode="json", by_alias=True) for each in accelerators],
        "baseline": baseline,
        "lpasim": __version__,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
    names = re.sub(r"[^\w.@-]+", "_", "-".join(traces[0].name for traces in workloads))
    return Path("results") / f"compare-{names[:60]}-{digest}"
