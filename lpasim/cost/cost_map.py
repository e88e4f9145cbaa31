"""Which component and action of a reference table prices which key of a hardware description.

A map is a YAML file:

    schema: lpasim-cost-map
    version: 1
    units: {area: um2}                                   # of areas without one
    map:
      pe.mac_8bit_pj: {component: PE, action: mac8}
      weight_buffer.read_pj: {component: glb, action: read, bits: 512}     # of an access that moves 512 bits
      weight_buffer.leakage_mw: {component: glb, action: leak}             # a cycle
      pe.area_um2: {component: PE}
    ignore: [noc]                                        # components that nothing here pays for

Without a map, `DEFAULT_MAP` holds: components and actions have the names that this simulator gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.cost.reference_tables import AREA
from lpasim.errors import HardwareError
from lpasim.hardware.keys import find_key, unknown_key
from lpasim.hardware.quantities import spelled

SCHEMA, VERSION = "lpasim-cost-map", 1
_BUFFERS = ("weight_buffer", "input_buffer", "output_buffer")
_UNITS = {"um2": "area", "pJ": "energy", "pJ/bit": "energy", "mW": "energy"}
"""Unit of a key -> the kind of table that prices it."""
_ENTRY_KEYS = ("component", "action", "arguments", "bits")
_MOST_BITS = 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the price of one key stands.

    Attributes
    ----------
    key : str
        Of the hardware description.
    component : str
        Of the table.
    action : str
        Of the component; empty for an area.
    arguments : tuple of (str, object) or None
        Those of the action; None for an action that has one energy.
    bits : int or None
        What the action moves, where that is not what the key prices.
    """

    key: str
    component: str
    action: str = ""
    arguments: tuple[tuple[str, Any], ...] | None = None
    bits: int | None = None

    @property
    def kind(self) -> str:
        """Of which table it is: "energy" or "area"."""
        return "energy" if self.action else "area"


@dataclass(frozen=True, slots=True)
class CostMap:
    """A map: entries by key, components to ignore, and the unit of areas that have none."""

    entries: tuple[Entry, ...]
    ignore: tuple[str, ...] = ()
    area_unit: str | None = None


DEFAULT_MAP = CostMap(
    (
        *(Entry(f"pe.mac_{bits}bit_pj", "pe", f"mac_{bits}bit") for bits in (8, 4, 2)),
        Entry("decoder.energy_pj", "decoder", "decode"),
        Entry("encoder.energy_pj", "encoder", "encode"),
        Entry("ppu.pass_pj", "ppu_lane", "pass"),
        *(Entry(f"{name}.{action}_pj", name, action) for name in _BUFFERS for action in ("read", "write")),
        Entry("pe.area_um2", "pe"),
        Entry("decoder.area_um2", "decoder"),
        Entry("encoder.area_um2", "encoder"),
        Entry("ppu.lane_area_um2", "ppu_lane"),
        *(Entry(f"{name}.area_um2", name) for name in _BUFFERS),
    )
)


def read_cost_map(path: Path) -> CostMap:
    """Read a map.

    Raises
    ------
    HardwareError
        If the file is no map: the message names the file and the path in it.
    """
    document = strict_yaml.read_document(path, "cost map", HardwareError)
    for key, right in (("schema", SCHEMA), ("version", VERSION)):
        if document.get(key) != right:
            raise HardwareError(f"{key} must be {right!r} in a cost map, got {spelled(document.get(key))} ({path})")
    for key in document:
        if key not in ("schema", "version", "units", "map", "ignore"):
            raise HardwareError(f"{key} must be one of units, map, ignore, got an unknown key ({path})")
    entries = document.get("map")
    if not isinstance(entries, dict) or not entries:
        raise HardwareError(f"map must be a mapping of keys to components, got {spelled(entries)} ({path})")
    ignore = document.get("ignore", [])
    if not isinstance(ignore, list) or not all(isinstance(name, str) for name in ignore):
        raise HardwareError(f"ignore must be a list of components, got {spelled(ignore)} ({path})")
    return CostMap(
        tuple(_entry(key, value, path) for key, value in entries.items()),
        tuple(ignore),
        _area_unit(document.get("units", {}), path),
    )


def _area_unit(units: Any, path: Path) -> str | None:
    if not isinstance(units, dict) or set(units) - {"area"}:
        raise HardwareError(f"units must be a mapping of area to its unit, got {spelled(units)} ({path})")
    if "area" not in units:
        return None
    unit = units["area"]
    try:
        AREA(f"1 {unit}" if isinstance(unit, str) and unit.strip() else None)
    except ValueError:
        raise HardwareError(f"units.area must be a unit such as um2 or mm2, got {spelled(unit)} ({path})") from None
    return str(unit)


def _entry(key: str, value: Any, path: Path) -> Entry:
    where = f"{path}, map.{key}"
    known = find_key(key)
    if known is None:
        raise HardwareError(unknown_key(key, str(path)))
    if known.unit not in _UNITS:
        raise HardwareError(f"{key} must be an area, an energy or a leakage power, got a key of another kind ({where})")
    if not isinstance(value, dict) or set(value) - set(_ENTRY_KEYS):
        raise HardwareError(f"{key} must be a mapping of {', '.join(_ENTRY_KEYS)}, got {spelled(value)} ({where})")
    component, action, arguments = value.get("component"), value.get("action", ""), value.get("arguments")
    for name, text in (("component", component), ("action", action)):
        if not isinstance(text, str) or (name == "component" and not text):
            raise HardwareError(f"{name} must be text, got {spelled(text)} ({where}.{name})")
    if bool(action) != (_UNITS[known.unit] == "energy"):
        rule = "be given for an energy" if _UNITS[known.unit] == "energy" else "be left out of an area"
        raise HardwareError(f"action must {rule}, got {spelled(action or None)} ({where})")
    if arguments is not None and not (isinstance(arguments, dict) and action):
        raise HardwareError(f"arguments must be a mapping, of an action, got {spelled(arguments)} ({where}.arguments)")
    pairs = None if arguments is None else tuple(sorted(arguments.items()))
    return Entry(key, str(component), str(action), pairs, _bits(key, known.unit, value.get("bits"), where))


def _bits(key: str, unit: str, bits: Any, where: str) -> int | None:
    """Read what an access moves: needed for a price a bit, possible for the port of a buffer."""
    if bits is None:
        if unit == "pJ/bit":
            raise HardwareError(f"bits must be given for a price of one bit, got nothing ({where})")
        return None
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= _MOST_BITS:
        raise HardwareError(f"bits must be a whole number of 1 to {_MOST_BITS}, got {spelled(bits)} ({where}.bits)")
    if unit != "pJ/bit" and not key.endswith(("_buffer.read_pj", "_buffer.write_pj")):
        raise HardwareError(f"bits must be left to accesses of a memory, got {bits} ({where}.bits)")
    return bits
