"""Trace files: reading with every rule checked, and writing in one step."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from lpasim.errors import TraceError
from lpasim.networks.printable import printable
from lpasim.quantization.documents import Document, first_problem
from lpasim.quantization.trace import SCHEMA, VERSION, Trace
from lpasim.quantization.trace_rules import checked

SUFFIX = ".json"
"""How the names of trace files end: so commands tell them from ONNX files."""
DOCUMENT = Document("trace", SCHEMA, VERSION, TraceError)


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Raises
    ------
    TraceError
        If the file is missing or no trace of this version, or a value breaks a rule.
    """
    return parse_trace(DOCUMENT.read(path), printable(path))


def parse_trace(text: str, where: str) -> Trace:
    """Turn a trace's text into a trace; `where` names it in messages.

    Raises
    ------
    TraceError
        If it is not JSON, of another schema or version, or a value breaks a rule.
    """
    DOCUMENT.check_head(text, where)
    try:
        trace = Trace.model_validate_json(text)
    except ValidationError as error:
        raise TraceError(f"{first_problem(error)} ({where})") from error
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
    DOCUMENT.write(format_trace(trace), path)
