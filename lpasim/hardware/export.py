"""A resolved description as a YAML file that reads back to the same, and as rows of a table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lpasim.hardware.document import write_document
from lpasim.hardware.keys import HEADER, Key, find_key, parts
from lpasim.hardware.sources import ResolvedHardware


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a description, for people: `text` and the ends of `range` are with their unit ("128 KiB")."""

    path: str
    value: float | int | bool | str
    unit: str
    text: str
    source: str
    assumption: bool
    description: str
    range: tuple[str, str] | None = None
    range_source: str = ""


def describe(resolved: ResolvedHardware) -> list[Row]:
    """Return every value with its unit, source and meaning, in the order of the description."""
    tree = resolved.hardware.model_dump(by_alias=True)
    rows = []
    for path, source in resolved.sources.items():
        key, value = find_key(path), _look_up(tree, path)
        if key is not None:
            text = with_unit(value, key)
            span = source.range
            ends = None if span is None else (with_unit(span.low, key), with_unit(span.high, key))
            basis = "" if span is None else span.basis
            rows.append(Row(path, value, key.unit, text, source.text, source.assumption, key.description, ends, basis))
    return rows


def to_yaml(resolved: ResolvedHardware) -> str:
    """Return the description as YAML text with units, sources and assumptions.

    `lpasim.hardware.load_hardware` reads it back to an equal description with equal sources.
    """
    tree = resolved.hardware.model_dump(by_alias=True)
    document: dict[str, Any] = {name: tree[name] for name in HEADER}
    for row in describe(resolved):
        *sections, last = parts(row.path)
        target = document
        for section in sections:
            target = target.setdefault(section, {})
        target[last] = {"value": row.value if isinstance(row.value, bool | str) else _plain(row.text)}
        target[last]["source"] = row.source
        if row.assumption:
            target[last]["assumption"] = True
        if row.range:
            target[last] |= {"range": [_plain(end) for end in row.range], "range_source": row.range_source}
    return write_document(document)


def _look_up(tree: dict[str, Any], path: str) -> Any:
    value: Any = tree
    for name in parts(path):
        value = value[name]
    return value


def _plain(text: str) -> str | int | float:
    """Spell a number without a unit as a number."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def with_unit(value: float | int | bool | str, key: Key) -> str:
    """Write a value with its unit, exactly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    number = int(value) if value == int(value) else value
    if not key.quantity or not key.quantity.base:
        return str(number)
    if key.unit == "B" and number >= 2**10 and number % 2**10 == 0:
        size, prefix = (number // 2**20, "Mi") if number % 2**20 == 0 else (number // 2**10, "Ki")
        return f"{size} {prefix}B"
    return f"{number} {key.unit}"
