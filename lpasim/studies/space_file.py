"""Spaces as YAML files: `docs/sweep.md` says what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.errors import StudyError
from lpasim.hardware.loader import HardwareFile
from lpasim.networks.printable import printable
from lpasim.studies.axis import Axis
from lpasim.studies.request import axis_of

SCHEMA = "lpasim-space"
VERSION = 1
_KEYS = ("schema", "version", "hardware", "workloads", "set", "axes", "where")


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """What a file says; None or nothing where it is silent.

    Attributes
    ----------
    path : Path
    hardware : str or None
        The accelerator: a preset, or a file, found from where the space file is.
    workloads : tuple of str
        Files are found from where the space file is, too.
    overrides : tuple of str
        Settings of all points.
    axes : mapping of tuple of str to list
        Keys and their steps, not checked yet.
    where : str or None
        Condition on the points.
    """

    path: Path
    hardware: str | None
    workloads: tuple[str, ...]
    overrides: tuple[str, ...]
    axes: dict[tuple[str, ...], Any]
    where: str | None

    def make_axes(self, base: HardwareFile) -> tuple[Axis, ...]:
        """Check the axes against the accelerator that they vary.

        Raises
        ------
        StudyError
            If a key or a value of one is wrong.
        """
        where = printable(self.path)
        return tuple(axis_of(keys, steps, base, f"{where}, axes.{','.join(keys)}") for keys, steps in self.axes.items())


def read_space(path: Path) -> SpaceFile:
    """Read a file.

    Raises
    ------
    StudyError
        If it is missing, no YAML, of another schema, or has keys or values that it should not have.
    """
    document, place = strict_yaml.read_document(path, "space file", StudyError), printable(path)
    for key, right in (("schema", SCHEMA), ("version", VERSION)):
        got = document.get(key)
        if got != right or type(got) is not type(right):
            raise StudyError(
                f"{key} must be {right!r} in a space file, got {'none' if got is None else got!r} ({place})"
            )
    for key in document:
        if key not in _KEYS:
            raise StudyError(f"a space file must have the keys {', '.join(_KEYS)} only, got {key!r} ({place})")
    workloads = document.get("workloads", [])
    texts = [workloads] if isinstance(workloads, str) else workloads
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise StudyError(f"workloads must be a list of names, got {workloads!r} ({place})")
    settings = _mapping(document, "set", place)
    axes = {tuple(part.strip() for part in keys.split(",")): v for keys, v in _mapping(document, "axes", place).items()}
    hardware = _text(document, "hardware", place)
    overrides = tuple(f"{key}={_spelled(value)}" for key, value in settings.items())
    chip = None if hardware is None else _found(hardware, path.parent)
    found = tuple(_found(text, path.parent) for text in texts)
    return SpaceFile(path, chip, found, overrides, axes, _text(document, "where", place))


def _found(text: str, folder: Path) -> str:
    """Return a name as it is, and a file that lies beside the space file by its path."""
    return str(folder / text) if (folder / text).is_file() else text


def _mapping(document: dict[str, Any], key: str, place: str) -> dict[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise StudyError(f"{key} must be a mapping from keys of the hardware description, got {value!r} ({place})")
    return value


def _text(document: dict[str, Any], key: str, place: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise StudyError(f"{key} must be a text, got {value!r} ({place})")
    return value


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
