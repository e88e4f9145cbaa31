"""The folder of an assessment: all of it as JSON, a table as CSV, and the figure of the distributions.

The same inputs and versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lpasim.quantization.assessment import Assessment
from lpasim.quantization.verdict import Verdict
from lpasim.reports.assess_figure import figure_bytes
from lpasim.reports.assess_rows import SCHEMA, assessment_data, layers_csv
from lpasim.reports.figures.style import FORMS
from lpasim.reports.libraries import FIGURES, versions
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder

MARK = "assessment.json"
TABLE = "layers.csv"
FIGURE = "distributions"
KIND = FolderKind(SCHEMA, MARK, (TABLE, *(f"{FIGURE}.{form}" for form in FORMS), MARK))


@dataclass(frozen=True, slots=True)
class AssessmentFolder:
    """A folder that is being filled."""

    staging: Path

    def fill(self, assessment: Assessment, verdict: Verdict) -> None:
        """Write every file."""
        data = {**assessment_data(assessment, verdict), "versions": versions(FIGURES)}
        (self.staging / MARK).write_bytes(json_bytes(data))
        (self.staging / TABLE).write_text(layers_csv(assessment), encoding="utf-8", newline="")
        for form, content in figure_bytes(assessment).items():
            (self.staging / f"{FIGURE}.{form}").write_bytes(content)


@contextmanager
def open_assessment_folder(path: Path) -> Iterator[AssessmentFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    with staged_folder(path, KIND) as staging:
        yield AssessmentFolder(staging)
