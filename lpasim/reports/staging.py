"""Folders of results whose files appear together, when all are written, or not at all."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim.errors import OutputError

PAGE = "report.html"
"""What ``lpasim report`` adds to a folder. It goes when the folder is written anew: it shows what was there before."""
_PARTIAL = ".partial-"
"""Starts the name of a folder that is being filled. A process that is killed leaves it, and it is in nobody's way."""


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
    """

    schema: str
    mark: str
    files: tuple[str, ...]


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
        name = f"{_PARTIAL}{secrets.token_hex(8)}"  # not the process: containers number theirs alike
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
    holds_something = any(not inside.name.startswith(_PARTIAL) for inside in path.iterdir())
    if holds_something and not _is_ours(path / kind.mark, kind):
        raise OutputError(f"the results must go to a new or empty folder or one of an earlier run, got {path}")
    _refuse_folders(path, kind)


def _refuse_folders(path: Path, kind: FolderKind) -> None:
    """Make sure that each file can take its place, so that not only some of them are replaced."""
    for name in kind.files:
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
    for name in set(kind.files) - {file.name for file in files}:
        (path / name).unlink(missing_ok=True)  # of an earlier run
    for file in files:
        file.replace(path / file.name)


def _make_parents(path: Path) -> list[Path]:
    """Make the missing parents of a path; list them, the deepest first."""
    missing = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing
