"""The files behind a name: presets of accelerators and of DRAM, and the files that extend them."""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpasim.errors import HardwareError
from lpasim.hardware.document import read_document
from lpasim.hardware.dram import BANDWIDTH
from lpasim.hardware.entries import EXTENDS, Entry, Layer, read_layer
from lpasim.hardware.model import SCHEMA, VERSION
from lpasim.hardware.quantities import name_like, spelled
from lpasim.hardware.sources import Source

CUSTOM_DRAM = "custom"
"""The `dram.preset` of a memory that is described by its own values alone."""
_PRESETS = Path(str(files("lpasim.hardware"))) / "presets"
_DRAM_KEYS = ("bandwidth_gbps", "burst_bytes", "latency_ns", "energy_pj_per_bit", "model", "device", "timing")


def list_hardware() -> dict[str, str]:
    """Return the title of each preset, by name."""
    return {name: str(read_document(_PRESETS / f"{name}.yaml")["title"]) for name in _names()}


def _names() -> list[str]:
    return sorted(path.stem for path in _PRESETS.glob("*.yaml"))


def list_dram() -> tuple[str, ...]:
    """Return the names of the DRAM presets."""
    return tuple(sorted(path.stem for path in (_PRESETS / "dram").glob("*.yaml")))


def read_layers(name_or_path: str, problems: list[str]) -> list[Layer]:
    """Read a preset or a file, and what it extends: the most general layer first.

    Raises
    ------
    HardwareError
        If a file is missing, malformed, of another schema, or extends itself.
    """
    layers: list[Layer] = []
    path, seen = _locate(name_or_path, Path()), set[Path]()
    while True:
        if path.resolve() in seen:
            raise HardwareError(f"extends must not lead back to its own file, got {path.name!r} ({path})")
        seen.add(path.resolve())
        document = read_document(path)
        _check_header(document, path)
        where = f"preset {path.stem}" if path.parent == _PRESETS else str(path)
        layer = read_layer(document, where, path.name, problems)
        for key, text in (("name", name_like(path.stem)), ("title", path.stem)):
            layer.setdefault(key, Entry(text, Source(path.name), where))
        layers.insert(0, layer)
        parent = document.get(EXTENDS)
        if parent is None:
            return layers
        if not isinstance(parent, str):
            raise HardwareError(f"extends must be a preset or a file, got {spelled(parent)} ({path})")
        child, path = path, _locate(parent, path.parent, f" ({path})")
        if not path.exists():
            raise HardwareError(f"extends must name a preset or a file that exists, got {parent!r} ({child})")


def over(lower: Layer, layer: Layer, problems: list[str]) -> Layer:
    """Return two layers as one, in which the second wins.

    A DRAM preset that it names takes the place of the lower layer's memory: `CUSTOM_DRAM` with nothing, so that its own
    values must be complete.
    """
    chosen = layer.get("dram.preset")
    if chosen is None:
        return lower | layer
    if chosen.value == CUSTOM_DRAM:
        return {path: entry for path, entry in lower.items() if not is_of_dram_preset(path)} | layer
    if chosen.value not in list_dram():
        known = (*list_dram(), CUSTOM_DRAM)
        near = get_close_matches(str(chosen.value), known, 1, 0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        problems.append(f"dram.preset must be one of {', '.join(known)}, got {chosen.value!r} ({chosen.where}){hint}")
        return lower | _some_memory(chosen) | {path: entry for path, entry in layer.items() if path != "dram.preset"}
    return lower | dram_preset(str(chosen.value)) | layer


def _some_memory(chosen: Entry) -> Layer:
    """Return a memory in place of one that is unknown, which nothing else is wrong with for that reason."""
    plain = {"dram.preset": list_dram()[0], "dram.model": BANDWIDTH}
    named = {path: Entry(value, chosen.source, chosen.where) for path, value in plain.items()}
    return dram_preset(plain["dram.preset"]) | named


def is_of_dram_preset(path: str) -> bool:
    """Whether a DRAM preset says the value of a key."""
    section, _, key = path.partition(".")
    return section == "dram" and key.partition(".")[0] in _DRAM_KEYS


@cache
def dram_preset(name: str) -> Layer:
    """Return the values that a DRAM preset gives, with their sources."""
    document, path = read_document(_PRESETS / "dram" / f"{name}.yaml"), f"dram/{name}.yaml"
    return read_layer({"dram": {key: document[key] for key in _DRAM_KEYS}}, path, path, [])


def _locate(name: str, folder: Path, where: str = "") -> Path:
    """Find the file of a preset's name or a path; a relative path starts at the folder."""
    preset = _PRESETS / f"{name}.yaml"
    if os.sep not in name and os.path.isfile(preset):
        return preset
    looks_like_a_path = name.endswith((".yaml", ".yml")) or os.sep in name or (name and os.path.exists(folder / name))
    if looks_like_a_path and "\0" not in name:
        return folder / name
    known = _names()
    near = get_close_matches(name, known, 1, 0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise HardwareError(f"hardware must be a preset ({', '.join(known)}) or a YAML file, got {name!r}{where}{hint}")


def _check_header(document: dict[str, Any], path: Path) -> None:
    for key, right in (("schema", SCHEMA), ("version", VERSION)):
        got = document.get(key)
        if got != right or type(got) is not type(right):  # 1.0 and true equal 1
            shown = "none" if got is None else spelled(got)
            raise HardwareError(f"{key} must be {right!r} in a hardware file, got {shown} ({path})")
