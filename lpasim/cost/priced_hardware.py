"""An accelerator whose prices come from reference tables: between those of its file and those of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lpasim.cost.cost_map import DEFAULT_MAP, CostMap, Entry, read_cost_map
from lpasim.cost.reference_tables import Component, EnergyEntry, find_component, read_art, read_ert
from lpasim.errors import HardwareError
from lpasim.hardware import Overrides, ResolvedHardware, Source, load_hardware
from lpasim.hardware.entries import Entry as Value
from lpasim.hardware.entries import Layer
from lpasim.hardware.keys import find_key
from lpasim.hardware.model import Hardware


@dataclass(frozen=True, slots=True)
class TableFiles:
    """Reference tables and the map to read them with; None for those that are not given."""

    ert: Path | None = None
    art: Path | None = None
    cost_map: Path | None = None

    def __bool__(self) -> bool:
        return any((self.ert, self.art, self.cost_map))


def load_priced_hardware(
    name_or_path: str, overrides: Overrides = (), tables: TableFiles | None = None
) -> ResolvedHardware:
    """Read an accelerator, with prices of reference tables in place of its own.

    Parameters
    ----------
    name_or_path : str
        A preset or a YAML file.
    overrides : str, sequence of str, or mapping of str to object
        Settings, which win over the tables as they win over the file.
    tables : TableFiles, optional
        The tables; without them this is `load_hardware`.

    Raises
    ------
    HardwareError
        If the description or a table is wrong, or a table lacks what the map asks for.
    """
    plain = load_hardware(name_or_path, overrides)
    if not tables:
        return plain
    return load_hardware(name_or_path, overrides, import_tables(plain.hardware, tables))


def import_tables(chip: Hardware, files: TableFiles) -> Layer:
    """Read prices from reference tables.

    Parameters
    ----------
    chip : Hardware
        Its clock turns leakage energies of a cycle into power, and its ports are what an access moves.
    files : TableFiles
        The tables.

    Returns
    -------
    dict of str to Entry
        Values by key, with the place in the file as their source.

    Raises
    ------
    HardwareError
        If a table is wrong, lacks what the map asks for, or holds a component that the map does not know.
    """
    if files.ert is None and files.art is None:
        raise HardwareError(f"a cost map must come with a reference table, got none ({files.cost_map})")
    cost_map = DEFAULT_MAP if files.cost_map is None else read_cost_map(files.cost_map)
    layer: Layer = {}
    if files.ert is not None:
        components = read_ert(files.ert)
        for entry, component in _paired(cost_map, components, "energy", files.ert):
            action = _action(component, entry)
            layer[entry.key] = _value(entry, _energy(entry, action, chip), f"{action.place.path}.energy", files.ert)
    if files.art is not None:
        components = read_art(files.art, cost_map.area_unit)
        for entry, component in _paired(cost_map, components, "area", files.art):
            layer[entry.key] = _value(entry, component.area_um2, f"{component.place.path}.area", files.art)
    return layer


def _paired(cost_map: CostMap, components: Sequence[Component], kind: str, path: Path) -> list[tuple[Entry, Component]]:
    """Find the component of each entry of a kind, and refuse components that nobody asks for."""
    pairs = [
        (entry, find_component(components, entry.component, entry.key, path))
        for entry in cost_map.entries
        if entry.kind == kind
    ]
    used = {component.name for _, component in pairs}
    for component in components:
        if component.name not in used and not set(component.names) & set(cost_map.ignore):
            rule = "be one that the cost map names or ignores"
            raise HardwareError(f"name must {rule}, got {component.name!r} ({component.place}.name)")
    return pairs


def _action(component: Component, entry: Entry) -> EnergyEntry:
    """Return the action that an entry asks for."""
    named = [action for action in component.actions if action.action == entry.action]
    if not named:
        known = ", ".join(dict.fromkeys(action.action for action in component.actions))
        rule = f"hold {entry.action} ({entry.key})"
        raise HardwareError(f"actions must {rule}, got {known} ({component.place}.actions)")
    found = named if entry.arguments is None else [action for action in named if action.arguments == entry.arguments]
    if len(found) == 1:
        return found[0]
    spelled = "; ".join(", ".join(f"{name} {value}" for name, value in action.arguments) for action in named)
    rule = f"tell the action {entry.action} ({entry.key}) from others"
    raise HardwareError(f"arguments in the cost map must {rule}, got a choice of {spelled} ({component.place}.actions)")


def _energy(entry: Entry, action: EnergyEntry, chip: Hardware) -> float:
    """Express the energy of an action in the unit of a key."""
    key = find_key(entry.key)
    unit = "" if key is None else key.unit
    if unit == "mW":  # a leakage energy, each cycle
        return action.energy_pj * chip.clock_mhz * 1e-3
    if entry.bits is None:
        return action.energy_pj
    moved_bits = 1 if unit == "pJ/bit" else chip.port_bits[entry.key.partition("_buffer")[0]]
    return action.energy_pj / entry.bits * moved_bits


def _value(entry: Entry, value: float, where: str, path: Path) -> Value:
    return Value(value, Source(f"reference table {path.name} of [accelergy], {where}"), f"{path}, {where}")
