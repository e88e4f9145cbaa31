"""Accelerators made comparable: with as many PEs, as much compute area, or the same memory as one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import ceil, floor, log, sqrt
from typing import Any

from pydantic import ValidationError

from lpasim.cost import area
from lpasim.errors import HardwareError
from lpasim.hardware import Hardware, ResolvedHardware, Source

ISO = ("area", "pes", "bandwidth")
"""What can be made equal."""


def made_equal(
    accelerators: Sequence[ResolvedHardware], reference: ResolvedHardware, iso: str
) -> list[ResolvedHardware]:
    """Return accelerators that equal a reference in one respect; the reference stays as it is.

    For ``"pes"`` and ``"area"`` (of PEs and decoders) the rows and columns of an array grow by one factor, so that its
    shape stays; of the whole numbers next to that, those are taken that come nearest. Buffers, memory and a fixed
    number of decoders stay. For ``"bandwidth"`` the memory is the reference's.

    Raises
    ------
    HardwareError
        If the buffers of a larger array are too small for it.
    """
    if iso == "bandwidth":
        return [each if each is reference else _with_memory(each, reference) for each in accelerators]
    measure: Callable[[Hardware], float] = _compute_um2 if iso == "area" else _pes
    return [each if each is reference else _with_size(each, reference, measure, iso) for each in accelerators]


def _pes(chip: Hardware) -> float:
    return chip.pes


def _compute_um2(chip: Hardware) -> float:
    return area(chip).compute_um2


def _with_size(
    resolved: ResolvedHardware, reference: ResolvedHardware, measure: Callable[[Hardware], float], iso: str
) -> ResolvedHardware:
    target, chip = measure(reference.hardware), resolved.hardware
    rows, cols = chip.array.rows, chip.array.cols
    factor = sqrt(target / measure(chip))
    near = ([max(1, end(size * factor)) for end in (floor, ceil)] for size in (rows, cols))
    found = [_with_grid(resolved, grid, f"scaled to the {iso} of {reference.hardware.name}") for grid in product(*near)]

    def distance(each: ResolvedHardware) -> tuple[float, float]:
        array = each.hardware.array
        return abs(log(measure(each.hardware) / target)), abs(log(array.rows / array.cols * cols / rows))

    return min(found, key=distance)


def _with_grid(resolved: ResolvedHardware, grid: tuple[int, ...], why: str) -> ResolvedHardware:
    rows, cols = grid
    tree = resolved.hardware.model_dump(by_alias=True)
    if (rows, cols) == (tree["array"]["rows"], tree["array"]["cols"]):
        return resolved
    tree["array"] |= {"rows": rows, "cols": cols}
    sources = {**resolved.sources, **{f"array.{key}": Source(why) for key in ("rows", "cols")}}
    return ResolvedHardware(_validated(tree, why), sources)


def _with_memory(resolved: ResolvedHardware, reference: ResolvedHardware) -> ResolvedHardware:
    tree = resolved.hardware.model_dump(by_alias=True)
    tree["dram"] = reference.hardware.model_dump(by_alias=True)["dram"]
    kept = {path: source for path, source in resolved.sources.items() if not path.startswith("dram.")}
    taken = {path: source for path, source in reference.sources.items() if path.startswith("dram.")}
    order = {path: place for place, path in enumerate((*reference.sources, *resolved.sources))}
    sources = dict(sorted((kept | taken).items(), key=lambda item: order[item[0]]))
    return ResolvedHardware(_validated(tree, f"memory of {reference.hardware.name}"), sources)


def _validated(tree: dict[str, Any], why: str) -> Hardware:
    try:
        return Hardware.model_validate(tree)
    except ValidationError as error:
        messages = (str(item["ctx"]["error"]) for item in error.errors(include_url=False))
        lines = (line for message in messages for line in message.splitlines())
        raise HardwareError("\n".join(f"{line} ({tree['name']}, {why})" for line in lines)) from None
