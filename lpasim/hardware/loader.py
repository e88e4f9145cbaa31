"""Files and overrides -> one validated description with the source of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from lpasim.datapath.parameters import RANGES
from lpasim.errors import HardwareError
from lpasim.hardware.dram import BANDWIDTH
from lpasim.hardware.entries import Entry, Layer, Overrides, default_layer, read_overrides
from lpasim.hardware.explanation import explain, explain_missing, missing_of_custom_memory
from lpasim.hardware.keys import HEADER, OPEN_SECTION, find_key, keys, parts, sections
from lpasim.hardware.model import Hardware
from lpasim.hardware.presets import CUSTOM_DRAM, over, read_layers
from lpasim.hardware.scaled_values import to_process
from lpasim.hardware.sources import ResolvedHardware, Source
from lpasim.hardware.technology import SRAM_TABLES

_BANKED = ("dram.device.", "dram.timing.", "dram.controller.")
_TABLE = next(iter(SRAM_TABLES))
_LENIENT: Mapping[str, Any] = {
    "name": "none",
    "title": "none",
    "array.weight_double_buffer": True,
    "array.fold_overlap": False,
    "datapath.psum_fraction_bits": RANGES["psum_fraction_bits"][1],
    "pe.weight_lanes": "8:1",
    "pe.activation_lanes": "8:1",
    "decoder.units": "edges",
    "encoder.units": "edges",
    "words.formats": "lp",
    "words.weight_bits": "trace",
    "words.activation_bits": "trace",
    "buffers.weight": 2**40,
    "buffers.input": 2**40,
    "buffers.output": 2**40,
    "dram.preset": CUSTOM_DRAM,
    "dram.ideal": False,
    "dram.model": BANDWIDTH,
    "technology.node_nm": SRAM_TABLES[_TABLE].node_nm,
    "technology.sram": _TABLE,
}
"""Stand-ins for refused values of which the least is not the most lenient."""


def load_hardware(name_or_path: str, overrides: Overrides = (), imported: Layer | None = None) -> ResolvedHardware:
    """Read an accelerator.

    Parameters
    ----------
    name_or_path : str
        A preset ("lpa") or a YAML file.
    overrides : str, sequence of str, or mapping of str to object
        Settings such as ``"array.rows=16"`` or ``{"clock_mhz": "1 GHz"}``, which win over the file.
    imported : dict of str to Entry, optional
        Values by key from elsewhere, which win over the file but not over the overrides.

    Returns
    -------
    ResolvedHardware
        The description, and the source of each of its values.

    Raises
    ------
    HardwareError
        If a file cannot be read (at once), or for all unknown keys and impossible values together, one line each.
    """
    return HardwareFile.read(name_or_path).variant(overrides, imported)


@dataclass(frozen=True)
class HardwareFile:
    """A preset or a file with all that it extends, read once: variants of it take a hundredth of the time.

    Attributes
    ----------
    name : str
        The preset or the file.
    layers : tuple of Layer
        What its files say, the most general one first.
    problems : tuple of str
        What is wrong with them.
    """

    name: str
    layers: tuple[Layer, ...]
    problems: tuple[str, ...]

    @classmethod
    def read(cls, name_or_path: str) -> Self:
        """Read the files.

        Raises
        ------
        HardwareError
            If a file cannot be read.
        """
        problems: list[str] = []
        layers = read_layers(str(name_or_path), problems)
        return cls(str(name_or_path), tuple(layers), tuple(problems))

    def variant(self, overrides: Overrides = (), imported: Layer | None = None) -> ResolvedHardware:
        """Resolve the description with some values replaced: `load_hardware`, without reading files.

        Raises
        ------
        HardwareError
            For all unknown keys and impossible values together, one line each.
        """
        problems = list(self.problems)
        layers = [*self.layers, imported or {}, read_overrides(overrides, problems)]
        merged = default_layer()
        for layer in layers:
            merged = over(merged, layer, problems)
        merged = _to_one_process(merged, problems)
        hardware = _validate(layers, merged, self.name, problems)
        if hardware is None or problems:
            raise HardwareError("\n".join(sorted(set(problems))))
        return ResolvedHardware(hardware, _in_model_order(merged))


def _to_one_process(merged: Layer, problems: list[str]) -> Layer:
    """Scale the values that were given for another node. Those that cannot be stay, with a problem added."""
    scaled = dict(merged)
    for path, entry in merged.items():
        if entry.scaled_from is None:
            continue
        try:
            node_nm, supply_v = (_number(merged, f"technology.{name}") for name in ("node_nm", "supply_v"))
            item = to_process(path, entry.value, entry.source, entry.scaled_from, node_nm, supply_v)
        except ValueError as error:
            problems.append(f"{path} {error} ({entry.where})")
        else:
            scaled[path] = Entry(item.value, item.source, entry.where)
    return scaled


def _number(merged: Layer, path: str) -> float:
    """Read a number before the whole description is; ValueError if it is not there, or wrong."""
    key = keys()[path]
    if path not in merged or key.quantity is None:
        raise ValueError(f"must come with {path}, got none")
    return key.quantity(merged[path].value)


def _validate(layers: Sequence[Layer], merged: Layer, name: str, problems: list[str]) -> Hardware | None:
    """Build the description, or add every reason why there is none to the problems."""
    values = {path: entry.value for path, entry in merged.items()}
    refused = list(missing_of_custom_memory(merged))
    if refused:
        problems.append(explain_missing(refused, merged))
    for _ in range(2):  # what is wrong with single values hides what is wrong between them
        for path in refused:
            values |= _stand_in(path)
        try:
            return Hardware.model_validate(_nest(values))
        except ValidationError as error:
            lines, wrong = explain(error, layers, merged, name, refused)
            problems += lines
            refused += wrong
    return None


def _stand_in(path: str) -> dict[str, Any]:
    """Return the most lenient value of a refused key: what is still wrong with it is wrong with any legal value."""
    if path == OPEN_SECTION:
        return {f"{path}.default": 1, f"{path}.Identity": 1}
    key = find_key(path)
    if path.startswith(_BANKED):
        return {path: key.default if key else None, "dram.model": BANDWIDTH}
    lenient = {path: _LENIENT[path] if path in _LENIENT or not key or not key.quantity else key.quantity.low}
    return lenient | ({"dram.model": BANDWIDTH} if path.startswith("dram.") else {})


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections as nested dictionaries, with those that nobody gave as empty ones."""
    tree: dict[str, Any] = {}
    for path in sections():
        _put(tree, path, {})
    for path, value in values.items():
        _put(tree, path, value)
    return tree


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = parts(path)
    for name in parents:
        tree = tree.setdefault(name, {})
    tree.setdefault(last, value)


def _in_model_order(merged: Layer) -> dict[str, Source]:
    order = {path: place for place, path in enumerate(keys())}
    place_of_open = max(place for path, place in order.items() if path.startswith("ppu."))
    ranked = sorted(merged, key=lambda path: (order.get(path, place_of_open), path not in order))
    return {path: merged[path].source for path in ranked if path not in HEADER}
