"""The folder of a run: everything that is needed to read its results, and to get them again.

Its files are the same bytes for the same inputs and versions: no times, no absolute paths. They appear together, when
the run is done, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lpasim import __version__
from lpasim.errors import OutputError
from lpasim.hardware import ResolvedHardware, bibliography, to_yaml
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import format_trace
from lpasim.reports.libraries import NUMERICAL, installed_version
from lpasim.reports.report import Report
from lpasim.reports.tables import csv_text, parquet_bytes

SCHEMA = "lpasim-run"
VERSION = 1
MARK = "run.json"
"""The file that tells a run folder from any other, by its schema."""
FILES = ("config.yaml", "trace.json", "citations.bib", "report.json", "layers.csv", "layers.parquet", MARK)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user asked for. Paths keep only their last part, so that two copies of a project give the same files."""

    workload: str
    hardware: str
    overrides: tuple[str, ...] = ()
    batch: int | None = None
    input_shape: str | None = None

    def portable(self) -> dict[str, Any]:
        """Return the arguments as JSON types."""
        names = {"workload": Path(self.workload).name, "hardware": Path(self.hardware).name}
        return {**asdict(self), **names, "overrides": list(self.overrides)}


def default_path(trace: Trace, resolved: ResolvedHardware) -> Path:
    """Name the folder after workload, accelerator, and a hash of all that decides the results."""
    content = {
        "trace": trace.model_dump(mode="json", by_alias=True),
        "hardware": resolved.hardware.model_dump(mode="json", by_alias=True),
        "lpasim": __version__,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
    stem = re.sub(r"[^\w.@-]+", "_", f"{trace.name}-{resolved.hardware.name}")
    return Path("results") / f"{stem}-{digest}"


@dataclass(frozen=True)
class RunFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path
    arguments: Arguments

    def fill(self, report: Report) -> None:
        """Write every file."""
        text = csv_text(report)
        contents = (
            to_yaml(report.resolved).encode(),
            format_trace(report.trace).encode(),
            bibliography(report.resolved).encode(),
            _json(report.to_dict()),
            text.encode(),
            parquet_bytes(text),
            _json(self._description()),
        )
        for name, content in zip(FILES, contents, strict=True):
            (self.staging / name).write_bytes(content)

    def _description(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "arguments": self.arguments.portable(),
            "seed": None,
            "versions": {
                "lpasim": __version__,
                "python": platform.python_version(),
                **{name: installed_version(name) for name in NUMERICAL},
            },
        }


def _json(value: dict[str, Any]) -> bytes:
    """Encode; bytes of a file name that are not UTF-8 (lone surrogates) become JSON escapes."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="backslashreplace")


@contextmanager
def open_folder(
    out: Path | None, trace: Trace, resolved: ResolvedHardware, arguments: Arguments
) -> Iterator[RunFolder]:
    """Prepare a run folder; give it its name when the body ends well, and leave nothing behind when it does not.

    Parameters
    ----------
    out : Path or None
        Where; None for `default_path` below the current directory.
    trace, resolved, arguments
        The run.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written, before the body starts where that can be known.
    """
    path = out if out is not None else default_path(trace, resolved)
    try:
        _refuse_foreign(path)
        # An existing folder may be a mount: what is prepared for it must lie inside.
        name = f".partial-{os.getpid()}"
        staging = path / name if path.exists() else path.with_name(f".{path.name}{name}")
        made = _make_parents(staging)
        try:
            staging.mkdir()
            yield RunFolder(path, staging, arguments)
            _publish(staging, path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            for folder in made:
                with suppress(OSError):
                    folder.rmdir()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the results must be written to {path}, got {reason}") from error


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise OutputError(f"the results must go to a folder, got a file ({path})")
    if not path.is_dir():
        return
    if any(path.iterdir()) and not _is_ours(path / MARK):
        raise OutputError(f"the results must go to a new or empty folder or one of an earlier run, got {path}")
    _refuse_folders(path)


def _refuse_folders(path: Path) -> None:
    """Make sure that each file can take its place, so that not only some of them are replaced."""
    for name in FILES:
        if (path / name).is_dir():
            raise OutputError(f"the results must replace files, got a folder ({path / name})")


def _is_ours(mark: Path) -> bool:
    """Tell whether a file is the mark of a run folder."""
    try:
        content = json.loads(mark.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("schema") == SCHEMA


def _publish(staging: Path, path: Path) -> None:
    """Give the prepared files their place: a new folder appears at once, in an existing one each file is replaced."""
    if not path.exists():
        with suppress(FileExistsError):
            staging.rename(path)
            return
    _refuse_folders(path)
    for file in sorted(staging.iterdir()):
        file.replace(path / file.name)


def _make_parents(path: Path) -> list[Path]:
    """Make the missing parents of a path; list them, the deepest first."""
    missing = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing
