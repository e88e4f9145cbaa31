"""What a description of a banked memory must obey: its parts fit each other, and its timings are possible."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from lpasim.hardware.dram import BANKED, MOST_BANKS, MOST_CHANNELS, MOST_RANKS, Dram
from lpasim.hardware.dram_parameters import FIELDS, DramParameters, dram_parameters, mapping_fields

_NAMES = dict(zip(FIELDS, ("channels", "ranks", "bank_groups", "banks_per_group", "rows", "columns"), strict=True))


def impossible_memory(dram: Dram) -> list[str]:
    """Return what is wrong with a banked memory, one line each; a plain bandwidth has nothing to check."""
    if dram.model != BANKED:
        return []
    missing = [
        f"dram.{section}.{name} must be given where dram.model is {BANKED}, got nothing"
        for section in ("device", "timing")
        for name, value in getattr(dram, section)
        if value is None
    ]
    problems = missing or [*_shape(dram)] or [*_capacity(dram), *_rates(dram)]
    if problems:
        return problems
    parameters = dram_parameters(dram)
    return [*_mapping(dram, parameters), *_times(dram, parameters), *_queues(dram)]


def _shape(dram: Dram) -> Iterator[str]:
    """Each part fills whole bits of an address, and the model has room for all."""
    device = dram.device.model_dump()
    for name in (*_NAMES.values(), "width_bits", "burst_length"):
        if device[name] & (device[name] - 1):
            yield f"dram.device.{name} must be a power of two, got {device[name]}"
    if device["columns"] < device["burst_length"]:
        yield f"dram.device.columns must hold a burst of {device['burst_length']}, got {device['columns']}"
    if device["width_bits"] % 8:
        yield f"dram.device.width_bits must be whole bytes, got {device['width_bits']}"
    for name, most in (("channels", MOST_CHANNELS), ("ranks", MOST_RANKS)):
        if device[name] > most:
            yield f"dram.device.{name} must be at most {most}, got {device[name]}"
    banks = device["ranks"] * device["bank_groups"] * device["banks_per_group"]
    if banks > MOST_BANKS:
        yield f"dram.device.banks_per_group must give a channel at most {MOST_BANKS} banks, got {banks} in all"


def _capacity(dram: Dram) -> Iterator[str]:
    device = dram.device.model_dump()
    size = prod(device[name] for name in (*_NAMES.values(), "width_bits")) // 8
    if size != device["capacity"]:
        what = "what channels, banks, rows and columns hold"
        yield f"dram.device.capacity must be {size} B, {what}, got {device['capacity']} B"


def _rates(dram: Dram) -> Iterator[str]:
    device = dram.device.model_dump()
    rate = Fraction(str(device["data_rate_mts"]))
    burst_bytes = device["burst_length"] * device["width_bits"] // 8
    if dram.burst_bytes != burst_bytes:
        yield f"dram.burst_bytes must be {burst_bytes} B, the device's, got {dram.burst_bytes} B"
    peak = device["channels"] * rate * device["width_bits"] / 8000
    if Fraction(str(dram.bandwidth_gbps)) != peak:
        hint = "; dram.model=bandwidth takes any"
        yield f"dram.bandwidth_gbps must be {float(peak):g} GB/s, the device's, got {dram.bandwidth_gbps:g} GB/s{hint}"
    clocks = device["burst_length"] * Fraction(str(device["clock_mhz"])) / rate
    if clocks.denominator != 1:
        yield f"dram.device.clock_mhz must give a burst a whole number of clocks, got {float(clocks):g}"


def _mapping(dram: Dram, parameters: DramParameters) -> Iterator[str]:
    mapping = dram.controller.mapping
    fields = mapping_fields(mapping)
    rule = f"dram.controller.mapping must name fields of {' '.join(FIELDS)}, each once"
    if fields is None or len(set(fields)) != len(fields):
        yield f"{rule}, got {mapping!r}"
        return
    for field, size in parameters.sizes.items():
        if size > 1 and field not in fields:
            what = f"{field}, for there are {size} {_NAMES[field] if field != 'Co' else 'bursts in a row'}"
            yield f"dram.controller.mapping must cover the capacity: name {what}, got {mapping!r}"


def _times(dram: Dram, p: DramParameters) -> Iterator[str]:
    least = {
        "ras": (p.rcd + p.rtp, "rcd + rtp: a row is read before it is closed"),
        "rc": (p.ras + p.rp, "ras + rp: a row is closed before the next one is opened"),
        "ccd_s": (p.burst_clocks, "the clocks of a burst"),
        "ccd_l": (p.ccd_s, "ccd_s"),
        "rrd_s": (1, "one clock"),
        "rrd_l": (p.rrd_s, "rrd_s"),
        "faw": (4 * p.rrd_s, "4 x rrd_s"),
        "wtr_l": (p.wtr_s, "wtr_s"),
        "cl": (1, "one clock"),
        "cwl": (1, "one clock"),
        "rcd": (1, "one clock"),
        "rp": (1, "one clock"),
        "rtp": (1, "one clock"),
        "rfc": (1, "one clock"),
        "turnaround": (1 + p.cwl - p.cl - p.burst_clocks, "cwl - cl less a burst, and one clock"),
        "refi": (p.rfc + p.rc + 1, "rfc + rc and one clock, or nothing is left between refreshes"),
    }
    for name, (clocks, what) in least.items():
        got = getattr(p, name)
        if got < clocks:
            given = getattr(dram.timing, name)
            shown = given if given.endswith("clk") else f"{given} ({got} clk)"
            yield f"dram.timing.{name} must be at least {clocks} clk ({what}), got {shown}"


def _queues(dram: Dram) -> Iterator[str]:
    control = dram.controller
    if control.write_high > control.write_queue:
        yield (
            f"dram.controller.write_high must be at most write_queue ({control.write_queue}), got {control.write_high}"
        )
    if control.write_low >= control.write_high:
        yield f"dram.controller.write_low must be below write_high ({control.write_high}), got {control.write_low}"
