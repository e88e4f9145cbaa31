"""Values of another node: ``{value: 896 um2, scaled_from_nm: 45}`` is what that is in the description's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lpasim.errors import HardwareError
from lpasim.hardware.keys import find_key
from lpasim.hardware.quantities import Quantity, spelled
from lpasim.hardware.scaling import CITATION, area_factor, energy_factor
from lpasim.hardware.sources import Range, Source

SCALE_KEYS = ("scaled_from_nm", "scaled_from_v")
_NODE = Quantity(1, 1000, unit="nm", base="m")
_SUPPLY = Quantity(0.1, 10, unit="V", base="V")


@dataclass(frozen=True, slots=True)
class ScaledFrom:
    """The process that a value was given for: node [nm], and the supply [V] of an energy."""

    node_nm: float
    supply_v: float | None


@dataclass(frozen=True, slots=True)
class ScaledValue:
    """A value in the process of the description, with the source and range that follow."""

    value: float
    source: Source


def read_scaling(path: str, value: Mapping[str, Any], where: str, problems: list[str]) -> ScaledFrom | None:
    """Read of which process an annotated value is; None if of the description's own, or if a problem was added."""
    if not any(name in value for name in SCALE_KEYS):
        return None
    try:
        return _read(path, value)
    except ValueError as error:
        problems.append(f"{path}.{error} ({where})")
        return None


def _read(path: str, value: Mapping[str, Any]) -> ScaledFrom:
    """Read the annotation; ValueError says which of its keys is wrong, and why."""
    key = find_key(path)
    unit = "" if key is None else key.unit
    if unit not in ("um2", "pJ"):
        raise ValueError("scaled_from_nm must belong to an area or an energy, got one of another unit")
    given = {name: value.get(name) for name in SCALE_KEYS}
    wanted = SCALE_KEYS if unit == "pJ" else SCALE_KEYS[:1]
    numbers = {}
    for name, reader in zip(SCALE_KEYS, (_NODE, _SUPPLY), strict=True):
        if (name in wanted) != (given[name] is not None):
            rule = "be given for an energy" if name in wanted else "be left to energies"
            raise ValueError(f"{name} must {rule}, got {spelled(given[name])}")
        if given[name] is not None:
            try:
                numbers[name] = reader(given[name])
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
    return ScaledFrom(numbers["scaled_from_nm"], numbers.get("scaled_from_v"))


def to_process(
    path: str, value: Any, source: Source, origin: ScaledFrom, node_nm: float, supply_v: float
) -> ScaledValue:
    """Scale a value, and its range, to a process.

    Parameters
    ----------
    path : str
        The key: its unit says whether it is an area or an energy.
    value : str, int or float
        As it was written, for the process `origin`.
    source : Source
        Where it comes from.
    origin : ScaledFrom
        The process that it is of.
    node_nm, supply_v : float
        The process to scale to.

    Raises
    ------
    ValueError
        If the value is no quantity of its unit, or a process is beyond those of the published factors.
    """
    key = find_key(path)
    if key is None or key.quantity is None:
        raise ValueError("must be a number")
    number = key.quantity(value)
    try:
        if origin.supply_v is None:
            factor = area_factor(origin.node_nm, node_nm)
            step = f"{origin.node_nm:g} to {node_nm:g} nm"
        else:
            factor = energy_factor(origin.node_nm, origin.supply_v, node_nm, supply_v)
            step = f"{origin.node_nm:g} nm, {origin.supply_v:g} V to {node_nm:g} nm, {supply_v:g} V"
    except HardwareError as error:
        raise ValueError(f"must be of a process that can be scaled: {error}") from None
    span = source.range
    text = f"{source.text}; {number:g} {key.unit} x {factor:.3f} from {step} {CITATION}"
    scaled = None if span is None else Range(span.low * factor, span.high * factor, span.basis)
    return ScaledValue(number * factor, Source(text, source.assumption, scaled))
