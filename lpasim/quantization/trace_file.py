"""Trace files: reading with every rule checked, and writing in one step."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lpasim.errors import OutputError, TraceError
from lpasim.quantization.trace import SCHEMA, VERSION, Trace
from lpasim.quantization.trace_rules import checked, more


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Raises
    ------
    TraceError
        If the file is missing or no trace of this version, or a value breaks a rule.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TraceError(f"trace must be an existing file, got {str(path)!r}") from error
    except OSError as error:
        raise TraceError(f"trace must be a readable text file, got {str(path)!r} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"trace must be a readable text file, got {str(path)!r} (not UTF-8)") from error
    return parse_trace(text, str(path))


def parse_trace(text: str, where: str) -> Trace:
    """Turn a trace's text into a trace; `where` names it in messages.

    Raises
    ------
    TraceError
        If it is not JSON, of another schema or version, or a value breaks a rule.
    """
    try:
        head = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        rule = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise TraceError(f"trace must be whole JSON, got {rule} ({where})") from error
    except (ValueError, RecursionError) as error:
        raise TraceError(f"trace must be plain JSON, got {error} ({where})") from error
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        got = head.get("schema") if isinstance(head, dict) else type(head).__name__
        raise TraceError(f"schema must be {SCHEMA!r}, got {got!r} ({where})")
    if type(head.get("version")) is not int or head["version"] != VERSION:
        raise TraceError(f"version must be {VERSION}, got {head.get('version')!r} ({where})")
    try:
        trace = Trace.model_validate_json(text)
    except ValidationError as error:
        raise TraceError(f"{_first(error)} ({where})") from error
    return checked(trace, where)


def format_trace(trace: Trace) -> str:
    """Return a trace as JSON text: one layer and one free operator a line, keys in the order of the schema."""
    data = trace.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data = {"schema": SCHEMA, "version": VERSION, **data}
    entries = []
    for key, value in data.items():
        if isinstance(value, list):
            lines = ",\n".join("  " + json.dumps(item, ensure_ascii=False) for item in value)
            entries.append(f" {json.dumps(key)}: [\n{lines}\n ]" if lines else f" {json.dumps(key)}: []")
        elif key == "provenance":
            lines = ",\n".join(
                f"  {json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}" for name, item in value.items()
            )
            entries.append(f" {json.dumps(key)}: {{\n{lines}\n }}")
        else:
            entries.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def write_trace(trace: Trace, path: Path) -> None:
    """Write a trace, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            partial.write_text(format_trace(trace), encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"trace must be written to a writable place, got {error.strerror} ({path})") from error


def _first(error: ValidationError) -> str:
    """Return the first of pydantic's findings in our words."""
    found = error.errors(include_url=False)
    first = found[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    rule = first["msg"][0].lower() + first["msg"][1:]
    rule = rule.removeprefix("input should be ").removeprefix("value error, ")
    if first["type"] == "missing":
        return f"{key} must be given, got nothing{more(len(found))}"
    if first["type"] == "extra_forbidden":
        return f"{key} must be a key of the schema, got an unknown one{more(len(found))}"
    return f"{key} must be {rule}, got {_short(first['input'])}{more(len(found))}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"the number {name}")
