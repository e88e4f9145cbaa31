"""Published numbers, as data with their confidence and source; the model reads none of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.errors import LpasimError

FILE = Path(str(files("lpasim.reports.reproduction"))) / "published.yaml"
CONFIDENCES = {
    "printed": "a number in the authors' files",
    "agrees": "digits not seen in print; the bar of a chart agrees within its error",
    "chart": "read off a bar chart, within its error",
    "derived": "follows from other published numbers",
}
"""How sure a value is, and what that means."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published number.

    Attributes
    ----------
    key : str
        Its name in the file.
    value, error : float
        The number, and how far it may be off, in `unit`.
    confidence : str
        One of `CONFIDENCES`.
    chart : float or None
        What a bar chart says, where the digits come from elsewhere.
    """

    key: str
    value: float
    unit: str
    error: float
    confidence: str
    source: str
    chart: float | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that an experiment takes from others: not a result, and not part of the model."""

    value: float
    unit: str
    source: str
    assumption: bool = False


@dataclass(frozen=True, slots=True)
class CalibratedKey:
    """A key of a preset that was chosen so that a published number follows."""

    hardware: str
    key: str
    published: str


@cache
def _document() -> dict[str, Any]:
    return strict_yaml.read_document(FILE, "published numbers", LpasimError)


@cache
def published() -> dict[str, Published]:
    """Return the published numbers and claims by key."""
    document = _document()
    sources = document["sources"]
    found = {}
    for key, entry in (document["values"] | document["claims"]).items():
        found[key] = Published(key=key, **{**entry, "source": sources.get(entry["source"], entry["source"])})
    return found


@cache
def constants(section: str) -> dict[str, Constant]:
    """Return the numbers of one of the sections `ant_prices` and `prototype_um2`, by name."""
    return {name: Constant(**entry) for name, entry in _document()[section].items()}


@cache
def calibrated_keys() -> tuple[CalibratedKey, ...]:
    """List the keys of presets that were chosen so that a published number follows."""
    return tuple(CalibratedKey(entry["hardware"], entry["key"], entry["from"]) for entry in _document()["calibrated"])
