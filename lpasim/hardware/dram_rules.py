"""What a description of a banked memory must obey: its parts fit each other, and its timings are possible."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from lpasim.hardware.clashes import Clash
from lpasim.hardware.dram import BANKED, MOST_BANKS, Dram
from lpasim.hardware.dram_parameters import FIELDS, DramParameters, dram_parameters, mapping_fields

_NAMES = dict(zip(FIELDS, ("channels", "ranks", "bank_groups", "banks_per_group", "rows", "columns"), strict=True))
_CLOCKS = ("dram.device.clock_mhz", "dram.device.burst_length", "dram.device.data_rate_mts")
"""What decides how many clocks a time and a burst have."""


def impossible_memory(dram: Dram) -> list[Clash]:
    """Return which rules a banked memory breaks; a plain bandwidth has nothing to check."""
    if dram.model != BANKED:
        return []
    problems = [*_incomplete(dram)] or [*_shape(dram)] or [*_capacity(dram), *_rates(dram)]
    if problems:
        return problems
    parameters = dram_parameters(dram)
    return [*_mapping(dram, parameters), *_times(dram, parameters), *_queues(dram)]


def _device(name: str, rule: str, *others: str) -> Clash:
    """Return a broken rule of a device, of which the others are, too."""
    return Clash(f"dram.device.{name}", rule, tuple(f"dram.device.{other}" for other in others))


def _incomplete(dram: Dram) -> Iterator[Clash]:
    missing = [
        f"{section}.{name}"
        for section in ("device", "timing")
        for name, value in getattr(dram, section)
        if value is None
    ]
    if missing:
        yield Clash("dram.model", f"must come with {', '.join(missing)}, got {BANKED} without")


def _shape(dram: Dram) -> Iterator[Clash]:
    """Each part fills whole bits of an address, and the model has room for all."""
    device = dram.device.model_dump()
    for name in (*_NAMES.values(), "width_bits", "burst_length"):
        if device[name] & (device[name] - 1):
            yield _device(name, f"must be a power of two, got {device[name]}")
        elif name == "width_bits" and device[name] % 8:
            yield _device(name, f"must be whole bytes, got {device[name]}")
    if device["columns"] < device["burst_length"]:
        rule = f"must hold a burst of {device['burst_length']}, got {device['columns']}"
        yield _device("columns", rule, "burst_length")
    banks = device["ranks"] * device["bank_groups"] * device["banks_per_group"]
    if banks > MOST_BANKS:
        rule = f"must give a channel at most {MOST_BANKS} banks, got {banks} in all"
        yield _device("banks_per_group", rule, "ranks", "bank_groups")


def _capacity(dram: Dram) -> Iterator[Clash]:
    device = dram.device.model_dump()
    parts = (*_NAMES.values(), "width_bits")
    size = prod(device[name] for name in parts) // 8
    if size != device["capacity"]:
        rule = f"must be {size} B, what channels, banks, rows and columns hold, got {device['capacity']} B"
        yield _device("capacity", rule, *parts)


def _rates(dram: Dram) -> Iterator[Clash]:
    device = dram.device.model_dump()
    rate = Fraction(str(device["data_rate_mts"]))
    burst_bytes = device["burst_length"] * device["width_bits"] // 8
    if dram.burst_bytes != burst_bytes:
        rule = f"must be {burst_bytes} B, the device's, got {dram.burst_bytes} B"
        yield Clash("dram.burst_bytes", rule, ("dram.device.burst_length", "dram.device.width_bits"))
    peak = device["channels"] * rate * device["width_bits"] / 8000
    if Fraction(str(dram.bandwidth_gbps)) != peak:
        shown = f"{float(peak):.10g} GB/s, the device's, got {dram.bandwidth_gbps:.10g} GB/s"
        others = ("dram.device.data_rate_mts", "dram.device.channels", "dram.device.width_bits")
        yield Clash("dram.bandwidth_gbps", f"must be {shown}; dram.model=bandwidth takes any", others)
    clocks = device["burst_length"] * Fraction(str(device["clock_mhz"])) / rate
    if clocks.denominator != 1:
        rule = f"must give a burst a whole number of clocks, got {float(clocks):g}"
        yield _device("clock_mhz", rule, "data_rate_mts", "burst_length")


def _mapping(dram: Dram, parameters: DramParameters) -> Iterator[Clash]:
    mapping = dram.controller.mapping
    fields = mapping_fields(mapping)
    if fields is None or len(set(fields)) != len(fields):
        rule = f"must name fields of {' '.join(FIELDS)}, each once, got {mapping!r}"
        yield Clash("dram.controller.mapping", rule)
        return
    missing = {field: size for field, size in parameters.sizes.items() if size > 1 and field not in fields}
    if missing:
        named = (
            f"{field} ({size} {_NAMES[field] if field != 'Co' else 'bursts in a row'})"
            for field, size in missing.items()
        )
        rule = f"must cover the capacity: name {', '.join(named)}, got {mapping!r}"
        others = (*(_NAMES[field] for field in missing), *(("burst_length",) if "Co" in missing else ()))
        yield Clash("dram.controller.mapping", rule, tuple(f"dram.device.{other}" for other in others))


def _times(dram: Dram, p: DramParameters) -> Iterator[Clash]:
    for name in ("rrd_s", "cl", "cwl", "rcd", "rp", "rtp", "rfc"):
        if getattr(p, name) < 1:
            yield _too_short(dram, p, name, 1, "one clock")
    least = {
        "ras": (p.rcd + p.rtp, "rcd + rtp: a row is read before it is closed", "rcd rtp"),
        "rc": (p.ras + p.rp, "ras + rp: a row is closed before the next one is opened", "ras rp"),
        "ccd_s": (p.burst_clocks, "the clocks of a burst", ""),
        "ccd_l": (p.ccd_s, "ccd_s", "ccd_s"),
        "rrd_l": (p.rrd_s, "rrd_s", "rrd_s"),
        "faw": (4 * p.rrd_s, "4 x rrd_s", "rrd_s"),
        "wtr_l": (p.wtr_s, "wtr_s", "wtr_s"),
        "turnaround": (1 + p.cwl - p.cl - p.burst_clocks, "cwl - cl less a burst, and one clock", "cl cwl"),
        "refi": (p.rfc + p.rc + 1, "rfc + rc and one clock, or nothing is left between refreshes", "rfc rc"),
    }
    for name, (clocks, what, others) in least.items():
        if getattr(p, name) < clocks:
            paths = (*(f"dram.timing.{other}" for other in others.split()), *_CLOCKS)
            yield _too_short(dram, p, name, clocks, what, *paths)


def _too_short(dram: Dram, p: DramParameters, name: str, clocks: int, what: str, *others: str) -> Clash:
    given = getattr(dram.timing, name)
    shown = given if given.endswith("clk") else f"{given} ({getattr(p, name)} clk)"
    return Clash(f"dram.timing.{name}", f"must be at least {clocks} clk ({what}), got {shown}", others)


def _queues(dram: Dram) -> Iterator[Clash]:
    control = dram.controller
    if control.write_high > control.write_queue:
        rule = f"must be at most write_queue ({control.write_queue}), got {control.write_high}"
        yield Clash("dram.controller.write_high", rule, ("dram.controller.write_queue",))
    if control.write_low >= control.write_high:
        rule = f"must be below write_high ({control.write_high}), got {control.write_low}"
        yield Clash("dram.controller.write_low", rule, ("dram.controller.write_high",))
