"""One layer of settings: the values that one file or the command line gives, by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lpasim.errors import HardwareError
from lpasim.hardware.keys import HEADER, find_key, keys, sections, unknown_key
from lpasim.hardware.quantities import spelled
from lpasim.hardware.ranges import RANGE_KEYS, read_range
from lpasim.hardware.scaled_values import SCALE_KEYS, ScaledFrom, read_scaling
from lpasim.hardware.sources import Source

COMMAND_LINE = "set on the command line"
DEFAULT = "default of lpasim: the file does not say"
EXTENDS = "extends"
_ANNOTATIONS = ("value", "source", "assumption", *RANGE_KEYS, *SCALE_KEYS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as it was written, its source, where it stands (for messages), and of which node it is, if of another."""

    value: Any
    source: Source
    where: str
    scaled_from: ScaledFrom | None = None


Layer = dict[str, Entry]
Overrides = str | Sequence[str] | Mapping[str, object]
"""One setting such as ``"array.rows=16"``, several, or values by key, ``{"array.rows": 16}``."""


def default_layer() -> Layer:
    """Return the values that a description may leave out. They are assumptions: its author did not choose them."""
    source = Source(DEFAULT, assumption=True)
    return {path: Entry(key.default, source, "default") for path, key in keys().items() if key.default is not None}


def read_layer(document: dict[str, Any], where: str, default_source: str, problems: list[str]) -> Layer:
    """Flatten a document into entries by path.

    Parameters
    ----------
    document : dict
        Nested sections; a value may be ``{value: ..., source: ..., assumption: true, range: ..., range_source: ...}``.
    where : str
        The file, for messages.
    default_source : str
        Source of the values that name none.
    problems : list of str
        Unknown keys and misshapen values are appended to it, one line each.
    """
    layer: Layer = {}

    def visit(section: dict[str, Any], prefix: str) -> None:
        for name, value in section.items():
            path = prefix + name
            if path in sections():
                if isinstance(value, dict):
                    visit(value, path + ".")
                else:
                    problems.append(f"{path} must be a section of keys, got {spelled(value)} ({where})")
            elif find_key(path) is None:
                problems.append(unknown_key(path, where))
            else:
                entry = _entry(path, value, where, default_source, problems)
                if entry is not None:
                    layer[path] = entry

    visit({name: value for name, value in document.items() if name != EXTENDS}, "")
    return layer


def read_overrides(overrides: Overrides, problems: list[str]) -> Layer:
    """Read overrides; of two with the same key the later wins."""
    layer: Layer = {}
    for text in spelled_overrides(overrides):
        path, equals, value = (part.strip() for part in text.partition("="))
        where = f"--set {' '.join(text.split())}"
        if not equals or not path:
            raise HardwareError(f"--set must have the form key=value, got {text!r} (for example: array.rows=16)")
        if path in sections():
            problems.append(f"{path} must be set by one of its keys ({path}.KEY=VALUE), got a section ({where})")
        elif path in ("schema", "version"):
            problems.append(f"{path} must be left to the file, got an override ({where})")
        elif find_key(path) is None:
            problems.append(unknown_key(path, where))
        else:
            layer[path] = Entry(value, Source(COMMAND_LINE), where)
    return layer


def spelled_overrides(overrides: Overrides) -> list[str]:
    """Return overrides as settings: ``array.rows=16``."""
    if isinstance(overrides, str):
        return [overrides]
    if isinstance(overrides, Mapping):
        return [f"{path}={value}" for path, value in overrides.items()]
    return list(overrides)


def _entry(path: str, value: Any, where: str, default_source: str, problems: list[str]) -> Entry | None:
    """Read a value that may carry its own source; None if it is misshapen (a problem has been added)."""
    if value is None and _is_optional(path):
        problems.append(_nothing(path, where))
        return None
    if not isinstance(value, dict):
        return Entry(value, Source(default_source), where)
    wrong = [key for key in value if key not in _ANNOTATIONS]
    source, assumption = value.get("source", default_source), value.get("assumption", False)
    if wrong or "value" not in value or path in HEADER:
        got = ", ".join(value) or "nothing"
        what = "a plain value" if path in HEADER else f"a value, or a mapping of {', '.join(_ANNOTATIONS)}"
        problems.append(f"{path} must be {what}, got a mapping of {got} ({where})")
    elif not isinstance(source, str) or not source.strip():
        problems.append(f"{path}.source must be text, got {spelled(source)} ({where})")
    elif not isinstance(assumption, bool):
        problems.append(f"{path}.assumption must be true or false, got {spelled(assumption)} ({where})")
    elif value["value"] is None and _is_optional(path):
        problems.append(_nothing(path, where))
    else:
        span = read_range(path, value, where, problems)
        origin = read_scaling(path, value, where, problems)
        return Entry(value["value"], Source(source.strip(), assumption, span), where, origin)
    return None


def _is_optional(path: str) -> bool:
    key = find_key(path)
    return key is not None and key.optional


def _nothing(path: str, where: str) -> str:
    return f"{path} must be a value, or be left out, got nothing ({where})"
