"""The folder of an assessment: all of it as JSON, a table as CSV, and the figure of the distributions.

The same inputs and versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

from lpasim.quantization.assessment import Assessment
from lpasim.quantization.verdict import Verdict
from lpasim.reports.assess_figure import figure_bytes
from lpasim.reports.assess_rows import SCHEMA, assessment_data, layers_csv
from lpasim.reports.figures.style import FORMS
from lpasim.reports.libraries import FIGURES, versions
from lpasim.reports.staging import FolderKind, json_bytes

MARK = "assessment.json"
TABLE = "layers.csv"
FIGURE = "distributions"
KIND = FolderKind(SCHEMA, MARK, (TABLE, *(f"{FIGURE}.{form}" for form in FORMS), MARK))


def assessment_files(assessment: Assessment, verdict: Verdict) -> dict[str, bytes]:
    """Return every file, by its name."""
    figure = {f"{FIGURE}.{form}": content for form, content in figure_bytes(assessment).items()}
    return {
        MARK: json_bytes({**assessment_data(assessment, verdict), "versions": versions(FIGURES)}),
        TABLE: layers_csv(assessment).encode(),
        **figure,
    }
