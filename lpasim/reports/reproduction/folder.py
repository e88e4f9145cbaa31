"""The folder of a reproduction: all of it as JSON, rows as CSV, a page, a figure a comparison, and what to cite.

The same versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

from pathlib import Path

from lpasim.hardware import bibliography, load_hardware
from lpasim.reports.figures.style import FORMS
from lpasim.reports.reproduction.figure import study_figure
from lpasim.reports.reproduction.markdown import markdown_of
from lpasim.reports.reproduction.reproduction import SCHEMA, STUDIES, Reproduction, csv_of
from lpasim.reports.staging import FolderKind, json_bytes

DEFAULT_PATH = Path("results") / "reproduction"
MARK = "reproduction.json"
TABLE, PAGE, CITATIONS = "reproduction.csv", "reproduction.md", "citations.bib"
KIND = FolderKind(SCHEMA, MARK, (TABLE, PAGE, CITATIONS, *(f"{n}.{form}" for n in STUDIES for form in FORMS), MARK))
CITED = ("lpa", "ant-micro22", "bitfusion-micro22", "adaptivfloat-micro22", "posit")
"""Presets whose sources name all that is used."""


def reproduction_files(reproduction: Reproduction) -> dict[str, bytes]:
    """Return every file, by its name."""
    figures = {
        f"{study.name}.{form}": content
        for study in reproduction.studies
        for form, content in study_figure(study).items()
    }
    return {
        MARK: json_bytes(reproduction.to_dict()),
        TABLE: csv_of(reproduction).encode(),
        PAGE: markdown_of(reproduction).encode(),
        CITATIONS: bibliography(*(load_hardware(name) for name in CITED)).encode(),
        **figures,
    }
