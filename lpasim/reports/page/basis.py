"""What results stand on: configuration, assumptions and sources of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lpasim.errors import ResultsError
from lpasim.hardware import ResolvedHardware, describe
from lpasim.networks.printable import printable
from lpasim.reports.page.configuration import sections
from lpasim.reports.page.references import read_references

CITATIONS = "citations.bib"


def basis(folder: Path, resolved: ResolvedHardware) -> dict[str, Any]:
    """Return the configuration by sections, the assumed values, the references, and the keys that texts may cite.

    Raises
    ------
    ResultsError
        If the folder has no readable bibliography.
    """
    references = read_references(_text(folder / CITATIONS))
    return {
        "chip": resolved.hardware,
        "sections": sections(resolved),
        "assumptions": [row for row in describe(resolved) if row.assumption],
        "references": references,
        "keys": frozenset(reference.key for reference in references),
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ResultsError(f"citations must be a readable file, got {reason} ({printable(path)})") from error
    except UnicodeDecodeError as error:
        raise ResultsError(f"citations must be UTF-8, got other bytes ({printable(path)})") from error
