"""Processes and what is known of circuits in them: every number with its source and how sure it is.

A number of one node stands for others, too, through published factors (`lpasim.hardware.scaling`): logic alone, areas
always, and energies whose supply is known.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from lpasim.errors import HardwareError
from lpasim.hardware.scaling import CITATION, area_factor, energy_factor
from lpasim.hardware.technology import SRAM_TABLES

CONFIDENCE = {
    "published": "printed by its authors, or in the code or data that they published",
    "secondary": "printed by somebody else who cites the authors",
    "measured": "computed for lpasim with a public tool",
    "prototype": "measured on an unpublished prototype",
    "derived": "follows from published numbers by arithmetic",
    "assumed": "a guess",
}
"""How sure a number is -> what that means, the surest first."""
SUPPLY_V = 0.9
"""Supply to which energies of other nodes are scaled."""
_MEMORIES = ("SRAM", "cache")
_SURER_THAN_DERIVED = ("published", "secondary", "measured")


@dataclass(frozen=True, slots=True)
class TechnologyRow:
    """One number: of what, its unit, its supply and bounds (None: nobody says), how sure it is, and its source."""

    component: str
    quantity: str
    value: float
    unit: str
    supply_v: float | None
    low: float | None
    high: float | None
    range_source: str
    confidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Technology:
    """A process.

    Attributes
    ----------
    name : str
        Such as ``28nm``; ``dram`` for figures of external memory.
    node_nm : int or None
        The node; None for external memory.
    rows : tuple of TechnologyRow
        Numbers of this node.
    scaled : tuple of TechnologyRow
        Numbers of other nodes, scaled to this one.
    sram_tables : tuple of str
        Tables of SRAM macros of this node, which a description's `technology.sram` may name.
    """

    name: str
    node_nm: int | None
    rows: tuple[TechnologyRow, ...]
    scaled: tuple[TechnologyRow, ...]
    sram_tables: tuple[str, ...]


def list_technologies() -> tuple[str, ...]:
    """Return the names of the processes."""
    return tuple(_rows())


@cache
def load_technology(name: str) -> Technology:
    """Read a process.

    Raises
    ------
    HardwareError
        If there is none of this name.
    """
    if name not in _rows():
        near = get_close_matches(name.lower().replace(" ", ""), list_technologies(), 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise HardwareError(f"technology must be one of {', '.join(list_technologies())}, got {name!r}{hint}")
    node_nm = _node(name)
    if node_nm is None:
        return Technology(name, None, _rows()[name], (), ())
    scaled = tuple(
        there
        for other in _rows()
        if other != name and (from_nm := _node(other)) is not None
        for row in _rows()[other]
        if (there := _to_node(row, from_nm, node_nm)) is not None
    )
    tables = tuple(table for table, technology in SRAM_TABLES.items() if technology.node_nm == node_nm)
    return Technology(name, node_nm, _rows()[name], scaled, tables)


def _to_node(row: TechnologyRow, from_nm: int, to_nm: int) -> TechnologyRow | None:
    """Scale a number of logic; None if it is of a memory, or no factor is published for its kind."""
    if row.component.startswith(_MEMORIES):
        return None
    if row.unit == "um2":
        factor = area_factor(from_nm, to_nm)
        step = f"{from_nm} to {to_nm} nm"
    elif row.unit == "pJ" and row.supply_v is not None:
        factor = energy_factor(from_nm, row.supply_v, to_nm, SUPPLY_V)
        step = f"{from_nm} nm, {row.supply_v:g} V to {to_nm} nm, {SUPPLY_V:g} V"
    else:
        return None
    return TechnologyRow(
        row.component,
        row.quantity,
        row.value * factor,
        row.unit,
        None if row.supply_v is None else SUPPLY_V,
        None if row.low is None else row.low * factor,
        None if row.high is None else row.high * factor,
        row.range_source,
        "derived" if row.confidence in _SURER_THAN_DERIVED else row.confidence,
        f"{row.value:g} {row.unit} x {factor:.3f} from {step} {CITATION}; {row.source}",
    )


def _node(name: str) -> int | None:
    return int(name.removesuffix("nm")) if name.endswith("nm") else None


@cache
def _rows() -> dict[str, tuple[TechnologyRow, ...]]:
    text = files("lpasim.cost").joinpath("tables", "technology.csv").read_text(encoding="utf-8")
    rows: dict[str, tuple[TechnologyRow, ...]] = {}
    for line in csv.DictReader(text.splitlines()):
        row = TechnologyRow(
            line["component"],
            line["quantity"],
            float(line["value"]),
            line["unit"],
            _number(line["supply_v"]),
            _number(line["low"]),
            _number(line["high"]),
            line["range_source"],
            line["confidence"],
            line["source"],
        )
        rows[line["technology"]] = (*rows.get(line["technology"], ()), row)
    return rows


def _number(text: str) -> float | None:
    return float(text) if text else None
