"""Hardware descriptions as YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.errors import HardwareError


def read_document(path: Path) -> dict[str, Any]:
    """Read a file that holds one mapping.

    Raises
    ------
    HardwareError
        If the file cannot be read, or is no YAML of one mapping (with line and column).
    """
    return strict_yaml.read_document(path, "hardware file", HardwareError)


def write_document(document: dict[str, Any]) -> str:
    """Return a nested mapping as YAML text that `read_document` reads back to an equal mapping."""
    return strict_yaml.write_document(document)
