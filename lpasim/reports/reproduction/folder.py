"""The folder of a reproduction: all of it as JSON, rows as CSV, a page, a figure a comparison, and what to cite.

The same versions give the same bytes: no times, no absolute paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lpasim.hardware import bibliography, load_hardware
from lpasim.reports.figures.style import FORMS
from lpasim.reports.reproduction.figure import study_figure
from lpasim.reports.reproduction.markdown import markdown_of
from lpasim.reports.reproduction.reproduction import SCHEMA, STUDIES, Reproduction, csv_of
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder

DEFAULT_PATH = Path("results") / "reproduction"
MARK = "reproduction.json"
TABLE, PAGE, CITATIONS = "reproduction.csv", "reproduction.md", "citations.bib"
KIND = FolderKind(SCHEMA, MARK, (TABLE, PAGE, CITATIONS, *(f"{n}.{form}" for n in STUDIES for form in FORMS), MARK))
CITED = ("lpa", "ant-micro22", "bitfusion-micro22", "adaptivfloat-micro22", "posit")
"""Presets whose sources name all that is used."""


@dataclass(frozen=True, slots=True)
class ReproductionFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path

    def fill(self, reproduction: Reproduction) -> None:
        """Write every file."""
        (self.staging / MARK).write_bytes(json_bytes(reproduction.to_dict()))
        (self.staging / TABLE).write_text(csv_of(reproduction), encoding="utf-8", newline="")
        (self.staging / PAGE).write_text(markdown_of(reproduction), encoding="utf-8", newline="")
        cited = bibliography(*(load_hardware(name) for name in CITED))
        (self.staging / CITATIONS).write_text(cited, encoding="utf-8", newline="")
        for study in reproduction.studies:
            for form, content in study_figure(study).items():
                (self.staging / f"{study.name}.{form}").write_bytes(content)


@contextmanager
def open_reproduction_folder(out: Path | None) -> Iterator[ReproductionFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    path = out if out is not None else DEFAULT_PATH
    with staged_folder(path, KIND) as staging:
        yield ReproductionFolder(path, staging)
