"""Accelergy's energy and area reference tables (ERT, ART) as YAML files, versions 0.3 and 0.4, read strictly.

    ERT:                              ART:
      version: 0.4                      version: 0.4
      tables:                           tables:
      - name: chip.pe[0..63]            - name: chip.pe
        actions:                          area: 187.43
        - name: mac
          arguments: null
          energy: 0.54

Energies are in pJ, as Accelergy prints them. It prints areas without a unit; who has such a file says which it is.

References
----------
Y. N. Wu, J. S. Emer, V. Sze, Accelergy: An Architecture-Level Energy Estimation Methodology for Accelerator Designs,
ICCAD 2019; the format is that of the reference outputs in github.com/Accelergy-Project/accelergy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.errors import HardwareError
from lpasim.hardware.quantities import Quantity, spelled
from lpasim.units import parse_number

VERSIONS = ("0.3", "0.4")
_ENERGY = Quantity(0, 1e12, unit="pJ", base="J")
AREA = Quantity(0, 1e18, unit="um2", base="m2")
"""Reads an area with its unit: um2, um^2, mm2, ..."""
_INSTANCES = re.compile(r"\[\d+\.\.\d+\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands: the file, and the path in it ("ERT.tables[0].actions[1].energy")."""

    file: Path
    path: str

    def __str__(self) -> str:
        """Spell it for a message."""
        return f"{self.file}, {self.path}"


@dataclass(frozen=True, slots=True)
class EnergyEntry:
    """The energy of an action [pJ], and for which arguments of it."""

    action: str
    arguments: tuple[tuple[str, Any], ...]
    energy_pj: float
    place: Place


@dataclass(frozen=True, slots=True)
class Component:
    """A component of a table: its actions (of an ERT), or its area [um2] (of an ART)."""

    name: str
    place: Place
    actions: tuple[EnergyEntry, ...] = ()
    area_um2: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called: in full, without instances ("[0..63]"), and by the last part of that."""
        bare = _INSTANCES.sub("", self.name)
        return self.name, bare, bare.rpartition(".")[2]


def read_ert(path: Path) -> tuple[Component, ...]:
    """Read an energy reference table.

    Raises
    ------
    HardwareError
        If the file is no such table: the message names the file and the path in it.
    """
    return tuple(_ert_component(item, place) for item, place in _tables(path, "ERT", ("name", "actions")))


def read_art(path: Path, unit: str | None = None) -> tuple[Component, ...]:
    """Read an area reference table.

    Parameters
    ----------
    path : Path
        The file.
    unit : str, optional
        Unit of areas that have none.

    Raises
    ------
    HardwareError
        If the file is no such table, or has an area without a unit.
    """
    return tuple(_art_component(item, place, unit) for item, place in _tables(path, "ART", ("name", "area")))


def find_component(components: Sequence[Component], wanted: str, what: str, path: Path) -> Component:
    """Return the component of a name: in full if one is called so, else by a shorter form of its name.

    Raises
    ------
    HardwareError
        If there is none, or more than one.
    """
    for form in range(3):
        found = [component for component in components if component.names[form] == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            both = " and ".join(str(component.place.path) for component in found[:2])
            raise HardwareError(f"{wanted} ({what}) must name one component, got {both} ({path})")
    known = ", ".join(component.name for component in components) or "none"
    raise HardwareError(f"tables must hold the component {wanted} ({what}), got {known} ({path})")


def _tables(path: Path, kind: str, keys: Iterable[str]) -> Iterator[tuple[dict[str, Any], Place]]:
    """Give each table of a file, a mapping with these keys, and its place."""
    what = {"ERT": "energy reference table", "ART": "area reference table"}[kind]
    document = strict_yaml.read_document(path, what, HardwareError)
    content = _mapping(document, Place(path, "top level"), (kind,))[kind]
    body = _mapping(content, Place(path, kind), ("version", "tables"))
    if str(body["version"]) not in VERSIONS:
        rule = f"be {' or '.join(VERSIONS)}"
        raise HardwareError(f"{kind}.version must {rule}, got {spelled(body['version'])} ({path})")
    tables, seen = _list(body["tables"], Place(path, f"{kind}.tables")), set()
    for index, item in enumerate(tables):
        place = Place(path, f"{kind}.tables[{index}]")
        table = _mapping(item, place, keys)
        name = _name(table["name"], place)
        if name in seen:
            raise HardwareError(f"name must be given once, got {name!r} again ({place}.name)")
        seen.add(name)
        yield table, place


def _ert_component(table: dict[str, Any], place: Place) -> Component:
    entries = []
    for index, item in enumerate(_list(table["actions"], Place(place.file, f"{place.path}.actions"))):
        spot = Place(place.file, f"{place.path}.actions[{index}]")
        action = _mapping(item, spot, ("name", "energy"), ("arguments",))
        arguments = action.get("arguments")
        if arguments is not None and not isinstance(arguments, dict):
            raise HardwareError(f"arguments must be a mapping, got {spelled(arguments)} ({spot}.arguments)")
        energy = _number(action["energy"], _ENERGY, "energy", spot)
        entries.append(EnergyEntry(_name(action["name"], spot), tuple(sorted((arguments or {}).items())), energy, spot))
    return Component(str(table["name"]), place, tuple(entries))


def _art_component(table: dict[str, Any], place: Place, unit: str | None) -> Component:
    area = table["area"]
    if _is_bare(area):
        if unit is None:
            raise HardwareError(
                f"area must have a unit such as um2, got {spelled(area)} ({place}.area); "
                "Accelergy leaves it out: say which it is, in the file or with units: {area: um2} in --cost-map"
            )
        area = f"{area} {unit}"
    return Component(str(table["name"]), place, area_um2=_number(area, AREA, "area", place))


def _is_bare(area: Any) -> bool:
    """Whether a value is a number without a unit."""
    try:
        parse_number(area)
    except ValueError:
        return False
    return True


def _number(value: Any, reader: Quantity, what: str, place: Place) -> float:
    try:
        return reader(value)
    except ValueError as error:
        raise HardwareError(f"{what} {error} ({place}.{what})") from None


def _name(value: Any, place: Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise HardwareError(f"name must be text, got {spelled(value)} ({place}.name)")
    return value


def _list(value: Any, place: Place) -> list[Any]:
    what = place.path.rpartition(".")[2]
    if not isinstance(value, list):
        raise HardwareError(f"{what} must be a list of entries, got {spelled(value)} ({place})")
    if not value:
        raise HardwareError(f"{what} must hold at least one entry, got an empty list ({place})")
    return value


def _mapping(value: Any, place: Place, keys: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    """Check that a value is a mapping with these keys and no others."""
    wanted, allowed = tuple(keys), (*keys, *optional)
    if not isinstance(value, dict):
        raise HardwareError(f"an entry must be a mapping of {', '.join(wanted)}, got {spelled(value)} ({place})")
    for key in wanted:
        if key not in value:
            raise HardwareError(f"{key} must be given, got {', '.join(value) or 'nothing'} ({place})")
    for key in value:
        if key not in allowed:
            raise HardwareError(f"{key} must be one of {', '.join(allowed)}, got an unknown key ({place}.{key})")
    return value
