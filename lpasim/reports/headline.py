"""An accelerator in a line: what stands above its results."""

from __future__ import annotations

from lpasim.hardware import Hardware, ResolvedHardware, describe
from lpasim.hardware.entries import COMMAND_LINE
from lpasim.reports.statistics import BUFFERS


def chip_line(chip: Hardware) -> str:
    """Say how large an accelerator is, how fast, and what memory it has."""
    sizes = ", ".join(f"{getattr(chip.buffers, name) / 1024:g}" for name in BUFFERS)
    memory = "memory never late" if chip.dram.ideal else f"{chip.dram.preset} {chip.dram.bandwidth_gbps:g} GB/s"
    return (
        f"{chip.array.rows}×{chip.array.cols} PEs at {chip.clock_mhz:g} MHz, {chip.technology.node_nm} nm; "
        f"weight, input, output buffer {sizes} KiB; {memory}"
    )


def changes(resolved: ResolvedHardware) -> list[str]:
    """List what the command line changed of the accelerator."""
    return [f"{row.path} = {row.text}" for row in describe(resolved) if row.source == COMMAND_LINE]
