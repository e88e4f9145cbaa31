"""Folders of results whose files appear together, when all are written, or not at all."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim.errors import OutputError
from lpasim.leavings import owner, remove_leavings

PAGE, FIGURES = "report.html", "figures"
"""What ``lpasim report`` and ``lpasim plot`` add to a folder. They go when its results change, which they show."""
PARTIAL = ".partial-"
"""Begins the name of a folder that is being filled, behind that of the folder to be where it lies beside it."""


@dataclass(frozen=True, slots=True)
class FolderKind:
    """What tells one kind of result folder from any other folder.

    Attributes
    ----------
    schema : str
        Value of the key `schema` in the marking file.
    mark : str
        Name of the marking file, a JSON object.
    files : tuple of str
        Every file that may be written.
    is_shown : bool
        Whether ``lpasim report`` and ``lpasim plot`` may have added to it.
    """

    schema: str
    mark: str
    files: tuple[str, ...]
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder that is being filled: its name to be, and where its files are until then."""

    path: Path
    staging: Path

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files by their names."""
        for name, content in files.items():
            (self.staging / name).write_bytes(content)


@contextmanager
def open_folder(path: Path, kind: FolderKind) -> Iterator[OpenFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Raises
    ------
    OutputError
        As `staged_folder`.
    """
    with staged_folder(path, kind) as staging:
        yield OpenFolder(path, staging)


@contextmanager
def staged_folder(path: Path, kind: FolderKind) -> Iterator[Path]:
    """Give a folder to write into; its files get their place in `path` when the body ends well.

    Raises
    ------
    OutputError
        If `path` holds something else or cannot be written, before the body starts where that can be known.
    """
    try:
        _refuse_foreign(path, kind)
        # An existing folder may be a mount: what is prepared for it must lie inside.
        remove_leavings(path, PARTIAL)
        remove_leavings(path.parent, f".{path.name}{PARTIAL}")
        name = f"{PARTIAL}{owner()}"
        staging = path / name if path.exists() else path.with_name(f".{path.name}{name}")
        made = _make_parents(staging)
        try:
            staging.mkdir()
            yield staging
            _publish(staging, path, kind)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            for folder in made:
                with suppress(OSError):
                    folder.rmdir()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the results must be written to {path}, got {reason}") from error


def check_place(path: Path, kind: FolderKind) -> None:
    """Make sure, long before there is something to write, that `staged_folder` would not refuse a folder.

    Raises
    ------
    OutputError
        If it holds something else.
    """
    try:
        _refuse_foreign(path, kind)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the results must be written to {path}, got {reason}") from error


def json_bytes(value: dict[str, Any]) -> bytes:
    """Encode; bytes of a file name that are not UTF-8 (lone surrogates) become JSON escapes."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="backslashreplace")


def _refuse_foreign(path: Path, kind: FolderKind) -> None:
    if path.exists() and not path.is_dir():
        raise OutputError(f"the results must go to a folder, got a file ({path})")
    if not path.is_dir():
        return
    if any(not file.name.startswith(PARTIAL) for file in path.iterdir()) and not _is_ours(path / kind.mark, kind):
        raise OutputError(f"the results must go to a new or empty folder or one of an earlier run, got {path}")
    _refuse_folders(path, kind)


def _refuse_folders(path: Path, kind: FolderKind) -> None:
    """Make sure that each file can take its place, so that not only some of them are replaced."""
    for name in (*kind.files, *([PAGE] if kind.is_shown else [])):
        if (path / name).is_dir():
            raise OutputError(f"the results must replace files, got a folder ({path / name})")


def _is_ours(mark: Path, kind: FolderKind) -> bool:
    """Tell whether a file is the mark of such a folder."""
    try:
        content = json.loads(mark.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("schema") == kind.schema


def _publish(staging: Path, path: Path, kind: FolderKind) -> None:
    """Give the prepared files their place: a new folder appears at once, in an existing one each file is replaced."""
    if not path.exists():
        try:
            staging.rename(path)
        except OSError:
            if not path.is_dir():  # else another run of the same name has just published its own
                raise
        else:
            return
    _refuse_folders(path, kind)
    files = sorted(staging.iterdir())
    earlier = [path / name for name in set(kind.files) - {file.name for file in files} if (path / name).exists()]
    if not earlier and all(_is_same(file, path / file.name) for file in files):
        return
    if kind.is_shown:
        _remove_shown(path)
    for file in earlier:
        file.unlink(missing_ok=True)
    for file in files:
        file.replace(path / file.name)


def _is_same(file: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(file, other, shallow=False)


def _remove_shown(path: Path) -> None:
    """Remove what was drawn of the results of an earlier run, and no other files."""
    (path / PAGE).unlink(missing_ok=True)
    folder = path / FIGURES
    if not folder.is_dir():
        return
    from lpasim.reports.figures.registry import KINDS
    from lpasim.reports.figures.style import FORMS

    for name in (f"{kind.name}.{form}" for kind in KINDS for form in ("csv", *FORMS)):
        if (folder / name).is_file():
            (folder / name).unlink()
    with suppress(OSError):  # it holds other files as well
        folder.rmdir()


def _make_parents(path: Path) -> list[Path]:
    """Make the missing parents of a path; list them, the deepest first."""
    missing = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing
