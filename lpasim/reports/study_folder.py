"""The folder of a study: its files, and reading them.

``study.json`` says what was varied, ``points.parquet`` (and ``points.csv``, for people) has one row a point: its place
in the plan, the workload, the values of the axes, the statistics of its run, and whether it is on the Pareto front.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lpasim.errors import ResultsError
from lpasim.hardware.keys import find_key
from lpasim.networks.printable import first_line, printable
from lpasim.quantization.documents import Document, first_problem
from lpasim.reports.staging import FolderKind
from lpasim.reports.study_columns import STATISTICS, check_columns

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "lpasim-study"
VERSION = 1
MARK = "study.json"
POINTS, TABLE, FRONT = "points.parquet", "points.csv", "pareto.csv"
FILES = ("config.yaml", "citations.bib", TABLE, POINTS, FRONT, MARK)
KIND = FolderKind(SCHEMA, MARK, FILES, is_shown=True)
DOCUMENT = Document("study", SCHEMA, VERSION, ResultsError)
DONE = "done"
"""The `status` of a point that has results; others "failed" or were "excluded"."""
FIRST_COLUMNS, LAST_COLUMNS = ("point", "workload"), ("pareto", "status", "error")
"""Columns before the axes, and behind the statistics."""
BYTES = "_bytes"
"""Ends the column of a size in bytes. All other keys of the hardware description end with their unit already."""


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Axis(_Described):
    """What was varied: one key of the hardware description, or several that move together."""

    label: str
    keys: tuple[str, ...] = Field(min_length=1)
    unit: str | None = None
    values: tuple[Any, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the points, one a key."""
        return tuple(column_of(key) for key in self.keys)

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Tell of each key whether all its values are numbers."""
        steps = [value if isinstance(value, list) else [value] for value in self.values]
        found = [{type(step[at]) for step in steps if at < len(step)} for at in range(len(self.keys))]
        return tuple(bool(kinds) and kinds <= {int, float} for kinds in found)

    @field_validator("keys")
    @classmethod
    def _check_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse keys whose column is that of something else."""
        for key in keys:
            if key in (*FIRST_COLUMNS, *LAST_COLUMNS, *STATISTICS):
                raise ValueError(f"keys of an accelerator, got the column {key!r}")
        return keys


class Objective(_Described):
    """A statistic that should be small or large."""

    column: str
    goal: Literal["min", "max"]


class Counts(_Described):
    """Points of the plan, and what became of them."""

    planned: int
    done: int
    failed: int
    excluded: int


class Description(_Described):
    """What ``study.json`` says, as far as readers need it."""

    name: str
    kind: Literal["sweep", "explore"]
    workloads: tuple[str, ...]
    axes: tuple[Axis, ...]
    objectives: tuple[Objective, ...]
    hardware: str
    points: Counts


@dataclass(frozen=True)
class Study:
    """A study as its folder holds it.

    Attributes
    ----------
    path : Path
        The folder.
    description : dict
        ``study.json``.
    head : Description
        The same, checked, as far as readers need it.
    points : DataFrame
        One row a point, in the order of the plan.
    """

    path: Path
    description: dict[str, Any]
    head: Description
    points: pd.DataFrame

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.head.name

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What was varied."""
        return self.head.axes

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What should be small or large."""
        return self.head.objectives

    @property
    def done(self) -> pd.DataFrame:
        """The points that have results."""
        return self.points[self.points["status"] == DONE].reset_index(drop=True)


def column_of(key: str) -> str:
    """Name the column of a key of the hardware description, with its unit.

    >>> column_of("array.rows"), column_of("buffers.weight"), column_of("dram.burst_bytes"), column_of("clock_mhz")
    ('array.rows', 'buffers.weight_bytes', 'dram.burst_bytes', 'clock_mhz')
    """
    known = find_key(key)
    return f"{key}{BYTES}" if known is not None and known.unit == "B" and not key.endswith(BYTES) else key


def is_study(path: Path) -> bool:
    """Tell whether a folder claims to be that of a study."""
    return (path / MARK).is_file()


def read_study(path: Path) -> Study:
    """Read the folder of a study.

    Raises
    ------
    ResultsError
        If it is none, or a file of it is missing, broken or of another version.
    """
    if not is_study(path):
        got = "a folder without it" if path.is_dir() else "no folder"
        raise ResultsError(f"study must be a folder with {MARK}, got {got} ({printable(path)})")
    head, description = read_description(path)
    return Study(path, description, head, _points(path / POINTS, head))


def read_description(path: Path) -> tuple[Description, dict[str, Any]]:
    """Read ``study.json`` of a folder: what of it is checked, and all of it.

    Raises
    ------
    ResultsError
        If it is missing, broken or of another version.
    """
    text = DOCUMENT.read(path / MARK)
    DOCUMENT.check_head(text, printable(path / MARK))
    try:
        head = Description.model_validate_json(text)
    except ValidationError as error:
        raise ResultsError(f"{first_problem(error)} ({printable(path / MARK)})") from error
    return head, dict(json.loads(text))


def _points(path: Path, head: Description) -> pd.DataFrame:
    """Read the table of the points; refuse one without what ``study.json`` names."""
    import pandas as pd
    import pyarrow

    try:
        points = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise ResultsError(f"points must be an existing file, got {str(path)!r}") from error
    except (OSError, pyarrow.ArrowException, ValueError) as error:
        raise ResultsError(f"points must be a Parquet file, got {first_line(error)} ({printable(path)})") from error
    axes = {name: numeric for axis in head.axes for name, numeric in zip(axis.columns, axis.numeric, strict=True)}
    check_columns(points, axes, (objective.column for objective in head.objectives), path)
    return points
