"""What ``report.json`` and ``study.json`` say besides their tables, as far as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpasim.errors import ResultsError
from lpasim.quantization.documents import first_problem

Sections = TypeVar("Sections", bound=BaseModel)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Workload(_Section):
    """What ran, and where its formats come from."""

    name: str
    title: str = ""
    batch: int
    input_shapes: dict[str, list[int]]
    provenance: dict[str, Any] = {}


class Activity(_Section):
    """What words were taken to be."""

    basis: str = ""
    meaning: str | None = None
    file: str | None = None
    measured_layers: int | None = None


class FreeOperator(_Section):
    """An operator that takes neither time nor energy."""

    node: str
    operator: str
    reason: str


class Interval(_Section):
    """A figure of merit between bounds."""

    unit: str
    value: float | None
    low: float | None
    central_low: float | None
    central_high: float | None
    high: float | None


class Uncertainty(_Section):
    """What the ranges of prices make of the figures of merit."""

    method: str
    figures: dict[str, Interval]


class ReportSections(_Section):
    """Those of a report."""

    workload: Workload
    activity: Activity = Activity()
    free: list[FreeOperator] = []
    uncertainty: Uncertainty | None = None


class RunSections(_Section):
    """That of the description of a run."""

    versions: dict[str, str | None] = Field(default_factory=dict)


class Arguments(_Section):
    """What was asked for: workloads and accelerator as they were given, files by their names alone."""

    workloads: list[str] = []
    hardware: str | None = None
    overrides: list[str] = []
    batch: int | None = None


class StudySections(_Section):
    """Those of a study."""

    workloads: list[str] = []
    hardware: str
    where: str | None = None
    arguments: Arguments = Arguments()
    versions: dict[str, str | None] = Field(default_factory=dict)


def read_sections(kind: type[Sections], document: Mapping[str, Any], where: str) -> Sections:
    """Read the sections of a document; `where` names its file.

    Raises
    ------
    ResultsError
        If one is not as declared.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise ResultsError(f"{first_problem(error)} ({where})") from error
