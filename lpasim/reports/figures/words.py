"""Columns and their values as figures spell them: "latency (ms)", "weight buffer", "128 KiB"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lpasim.hardware.keys import find_key
from lpasim.networks.printable import printable
from lpasim.reports.numbers import plain
from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_folder import BYTES

if TYPE_CHECKING:
    from lpasim.reports.figures.style import Page

CAUSES = {
    "weights_late": "weights late",
    "inputs_late": "inputs late",
    "output_full": "output full",
    "ppu_busy": "PPU busy",
    "dram_busy": "DRAM busy",
}
"""Causes of stalls."""
COMPONENTS = {
    "pe_array": "PE array",
    "decoders": "decoders",
    "encoders": "encoders",
    "ppu": "PPU",
    "weight_buffer": "weight buffer",
    "input_buffer": "input buffer",
    "output_buffer": "output buffer",
    "dram": "DRAM",
    "leakage": "leakage",
}
"""Components of energy and area."""
PARTS = {
    "PE array": ("pe_array",),
    "decoders, encoders": ("decoders", "encoders"),
    "PPU": ("ppu",),
    "buffers": ("weight_buffer", "input_buffer", "output_buffer"),
    "DRAM": ("dram",),
    "leakage": ("leakage",),
}
"""Components put together, where there is no room for all of them."""
_NAMES = {
    "edp_mj_ms": "energy-delay product",
    "tops_per_mm2": "area efficiency",
    "tops_per_w": "energy efficiency",
    "compute_tops_per_mm2": "compute-area efficiency",
    "inferences_per_s": "inference rate",
    "energy_per_inference_mj": "energy per inference",
    "average_weight_bits": "mean weight bits",
    "average_activation_bits": "mean activation bits",
    "dram_utilization": "DRAM utilization",
    "pes": "PEs",
    "array.cols": "array columns",
    "buffers.weight": "weight buffer",
    "buffers.input": "input buffer",
    "buffers.output": "output buffer",
    "dram.preset": "DRAM",
    "dram.bandwidth_gbps": "DRAM bandwidth",
    "clock_mhz": "clock",
}
_UNITS = {stat_column: stat.unit for stat in SUMMARY_STATS for stat_column in columns(stat)}
_SPELLED = {"mm2": "mm²", "um2": "µm²", "mJ ms": "mJ·ms", "TOPS/mm2": "TOPS/mm²", "nW/um2": "nW/µm²"}
_COUNTS = {"inferences", "cycles", "commands", "bursts", "clocks", "B"}
"""Units that names without a suffix say already, or that are spelled at the values."""
_UNIT_ENDS = re.compile(r"_(ms|mj|pj|mm2|um2|gops|mw|mhz|gbps|ns|nm|v|bytes|bits)$")
_BINARY = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_LETTERS = {"dram": "DRAM", "pe": "PE", "ppu": "PPU", "pes": "PEs", "macs": "MACs", "sram": "SRAM"}
LINKED = " x "
"""Between the keys of an axis that varies several of them, and between their values."""
LETTERS = 0x100
"""Letters that all fonts have: those of Latin-1."""
SHORTEST = 4
"""Letters of a text that is not shortened any more."""
LONGEST = 26
"""Letters of a name in a figure."""


def name_of(column: str) -> str:
    """Name a column without its unit.

    >>> name_of("latency_ms"), name_of("buffers.weight_bytes"), name_of("dram.burst_bytes"), name_of("array.rows")
    ('latency', 'weight buffer', 'DRAM burst', 'array rows')
    """
    if LINKED in column:
        return " × ".join(map(name_of, column.split(LINKED)))
    key = column.removesuffix(BYTES) if column not in _UNITS else column
    if key in _NAMES:
        return _NAMES[key]
    words = re.split(r"[._]", _UNIT_ENDS.sub("", column))
    return " ".join(_LETTERS.get(word, word) for word in words)


def unit_of(column: str) -> str:
    """Return the unit of a column as figures spell it; empty if it has none, or values are written with theirs."""
    key = find_key(column)
    unit = _UNITS.get(column) if column in _UNITS else (key.unit if key is not None else "")
    if not unit or unit == "B" or (unit in _COUNTS and unit in column):
        return ""
    return _SPELLED.get(unit, unit)


def label_of(column: str) -> str:
    """Name a column with its unit.

    >>> label_of("latency_ms"), label_of("area_mm2"), label_of("array.rows"), label_of("utilization")
    ('latency (ms)', 'area (mm²)', 'array rows', 'utilization')
    """
    unit = unit_of(column)
    return f"{name_of(column)} ({unit})" if unit else name_of(column)


def value_of(column: str, value: Any) -> str:
    """Write a value of a column: sizes with a binary prefix, numbers with three digits, text as it is.

    >>> value_of("buffers.weight_bytes", 131072), value_of("array.rows x array.cols", "8 x 4")
    ('128 KiB', '8 × 4')
    >>> value_of("buffers.weight_bytes x buffers.input_bytes", "65536 x 131072")
    '64 × 128 KiB'
    """
    if LINKED in column:
        pairs = zip(column.split(LINKED), str(value).split(LINKED), strict=True)
        texts = [value_of(key, _number(part)) for key, part in pairs]
        unit = texts[-1][len(texts[-1].split(" ")[0]) :]
        if unit and all(text.endswith(unit) for text in texts):  # once
            texts[:-1] = [text.removesuffix(unit) for text in texts[:-1]]
        return " × ".join(texts)
    if isinstance(value, str):
        return shortened(value)
    if column.endswith(BYTES) and float(value).is_integer():
        for size, prefix in _BINARY:
            if value >= size and value % size == 0:
                return f"{int(value) // size} {prefix}"
        return f"{int(value):,} B"
    if isinstance(value, bool) or (hasattr(value, "dtype") and value.dtype == bool):
        return "yes" if value else "no"
    return plain(float(value))


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def shortened(name: str, longest: int = LONGEST) -> str:
    """Return a name that fits a figure: its middle left out if it is long, and letters that fonts may lack replaced.

    >>> shortened("features.denseblock1.denselayer1.conv2", 20)
    'features....r1.conv2'
    """
    text = "".join(letter if ord(letter) < LETTERS else "?" for letter in printable(name))
    if len(text) <= longest:
        return text
    head = (longest - 3 + 1) // 2
    return f"{text[:head]}...{text[len(text) - (longest - 3 - head) :]}"


def fitted(text: str, width_in: float, page: Page, size_pt: float | None = None) -> str:
    """Return a text, shortened until it is drawn at most so wide [inch]; letters are small ones by default."""
    longest = len(text)
    while longest > SHORTEST and page.width_of(shortened(text, longest), size_pt) > width_in:
        longest -= 1
    return shortened(text, longest)


def headline(workload: str, hardware: str) -> str:
    """Say what ran on what."""
    return f"{shortened(workload)} on {shortened(hardware)}"
