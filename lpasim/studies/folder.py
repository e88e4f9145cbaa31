"""Writing the folder of a study: `lpasim.reports.study_folder` says what its files are.

Its files are the same bytes for the same plan, however often the study was interrupted: no times, no absolute paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lpasim.hardware import ResolvedHardware, bibliography, describe, to_yaml
from lpasim.reports.libraries import NUMERICAL, versions
from lpasim.reports.staging import json_bytes, staged_folder
from lpasim.reports.study_folder import FRONT, KIND, MARK, POINTS, SCHEMA, TABLE, VERSION
from lpasim.studies.coordinator import Study
from lpasim.studies.identity import model_version
from lpasim.studies.pareto import Objective
from lpasim.studies.table import Row, Table, schema, spelled, write_header

BLOCK_BYTES = 1 << 20
"""Of the CSV file that becomes one row group of the Parquet file."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a study is, apart from its points.

    Attributes
    ----------
    name : str
    kind : str
        ``"sweep"`` or ``"explore"``.
    base : ResolvedHardware
        The accelerator that is varied.
    objectives : tuple of Objective
    sampling : mapping
        How points were chosen.
    arguments : mapping
        What the user asked for, with file names for paths.
    cited : tuple of ResolvedHardware
        Other accelerators that the points draw on.
    more : mapping
        What else the kind of study has to say.
    libraries : tuple of str
        What else its results depend on.
    """

    name: str
    kind: str
    base: ResolvedHardware
    objectives: tuple[Objective, ...]
    sampling: Mapping[str, Any]
    arguments: Mapping[str, Any]
    cited: tuple[ResolvedHardware, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A study that has its folder.

    Attributes
    ----------
    path : Path
        The folder.
    description : dict
        Its ``study.json``.
    front : list of dict
        The rows of the points on the Pareto front.
    failure : str
        Why the first point that failed did; empty if none failed.
    """

    path: Path
    description: dict[str, Any]
    front: list[Row]
    failure: str = ""


@contextmanager
def open_study_folder(path: Path) -> Iterator[Path]:
    """Prepare a folder; its files get their names when the body ends well, and nothing is left when it does not."""
    with staged_folder(path, KIND) as staging:
        yield staging


def fill(staging: Path, study: Study, table: Table, header: Header) -> tuple[dict[str, Any], list[Row], str]:
    """Write every file; return the description, the rows of the front, and the first error of a point."""
    description = _description(study, table, header)
    best, failure = [], ""
    with (staging / TABLE).open("w", encoding="utf-8", newline="") as all_points:
        writer = write_header(all_points, table.columns)
        for row in table.rows():
            writer.writerow(spelled(row))
            failure = failure or str(row["error"] or "")
            if row["pareto"]:
                best.append(row)
    with (staging / FRONT).open("w", encoding="utf-8", newline="") as of_front:
        write_header(of_front, table.columns).writerows(map(spelled, best))
    _write_parquet(staging / TABLE, staging / POINTS, study)
    (staging / "config.yaml").write_text(to_yaml(header.base), encoding="utf-8")
    (staging / "citations.bib").write_text(bibliography(header.base, *header.cited), encoding="utf-8")
    (staging / MARK).write_bytes(json_bytes(description))
    return description, best, failure


def _description(study: Study, table: Table, header: Header) -> dict[str, Any]:
    space = study.plan.space
    varied = {key for axis in space.axes for key in axis.keys}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "name": header.name,
        "kind": header.kind,
        "workloads": list(space.workloads),
        "hardware": header.base.hardware.name,
        "axes": [
            {
                "label": axis.label,
                "keys": list(axis.keys),
                "columns": list(axis.columns),
                "unit": axis.unit,
                "values": [step[0] if len(axis.keys) == 1 else list(step) for step in axis.values],
            }
            for axis in space.axes
        ],
        "where": study.constraint.text,
        "sampling": dict(header.sampling),
        "objectives": [asdict(objective) for objective in header.objectives],
        "points": asdict(table.counts),
        **header.more,
        "assumptions": [
            {"key": row.path, "value": row.value, "unit": row.unit, "source": row.source}
            for row in describe(header.base)
            if row.assumption and row.path not in varied
        ],
        "versions": {**versions((*NUMERICAL, *header.libraries)), "model": model_version()},
        "arguments": dict(header.arguments),
    }


def _write_parquet(table: Path, points: Path, study: Study) -> None:
    """Turn the CSV file into a Parquet file, block by block, so that the two agree."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    types = schema(study)
    convert = pyarrow.csv.ConvertOptions(
        column_types={field.name: field.type for field in types},
        null_values=[""],
        strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    read = pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False)
    with (
        pyarrow.csv.open_csv(table, read, convert_options=convert) as batches,
        pyarrow.parquet.ParquetWriter(points, types, compression="zstd") as writer,
    ):
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(types))
