"""Draw `timeline.png`, the picture of docs/timeline.md: the slices of a timeline's file, track by track.

Run ``python -m docs.images.timeline`` in the root of the repository; the package perfetto reads the file back.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from lpasim.hardware import load_hardware
from lpasim.quantization.workload import load_workload
from lpasim.reports.timeline.files import write_timeline
from lpasim.reports.timeline.tracks import NS_PER_CYCLE

PICTURE = Path(__file__).with_suffix(".png")
WORKLOAD, BEGIN, END = "resnet8_cifar10", 73_600, 79_400
"""A network, and the cycles of it that are drawn."""
WAITS = {"inputs_late": "#F0E442", "output_full": "#CC79A7", "ppu_busy": "#D55E00", "dram_busy": "#0072B2"}
PARTS = {"passes": "#BBBBBB", "waits for its operand": "#777777", "last words": "#DDDDDD"}
PARTS |= {"queued": "#777777", "moves": "#BBBBBB", "latency": "#DDDDDD"}
LAYERS = ("#56B4E9", "#E69F00", "#009E73")
"""Colours that all eyes tell apart (M. Okabe and K. Ito, 2008); greys for the parts of slices."""


class Row(NamedTuple):
    """A row of the picture: a track's name, and slices (begin, end, name, depth) or sizes (time, bytes)."""

    name: str
    slices: list[tuple[float, float, str, int]]
    sizes: list[tuple[float, int]]


def read(content: bytes) -> list[Row]:
    """Read the tracks of a file, in their order."""
    rows: dict[int, Row] = {}
    ranks: dict[int, int] = {}
    names: dict[int, str] = {0: ""}
    open_slices: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for packet in sorted(pb.Trace.FromString(content).packet, key=lambda packet: packet.timestamp):
        names |= {item.iid: item.name for item in packet.interned_data.event_names}
        track, event = packet.track_descriptor, packet.track_event
        if packet.HasField("track_descriptor") and not track.HasField("process"):
            rows[track.uuid], ranks[track.uuid] = Row(track.name, [], []), track.sibling_order_rank
        elif packet.HasField("track_event"):
            _add(rows[event.track_uuid], open_slices[event.track_uuid], packet.timestamp / NS_PER_CYCLE, event, names)
    return [rows[uuid] for uuid in sorted(rows, key=lambda uuid: (ranks[uuid], uuid))]


def _add(row: Row, under_way: list[tuple[float, str]], time: float, event: Any, names: dict[int, str]) -> None:
    if event.type == pb.TrackEvent.Type.TYPE_SLICE_BEGIN:
        under_way.append((time, names[event.name_iid]))
    elif event.type == pb.TrackEvent.Type.TYPE_SLICE_END:
        begin, name = under_way.pop()
        row.slices.append((begin, time, name, len(under_way)))
    elif event.type == pb.TrackEvent.Type.TYPE_COUNTER:
        row.sizes.append((time, event.counter_value))


def draw(rows: list[Row]) -> None:
    """Draw the rows in which something happens, one below the other."""
    rows = [row for row in rows if row.sizes or any(low < END and high > BEGIN for low, high, *_ in row.slices)]
    depths = [1 + max((depth for *_, depth in row.slices), default=0) for row in rows]
    ratios = [1.6 if row.sizes else depth for row, depth in zip(rows, depths, strict=True)]
    plt.rcParams.update({"font.size": 7, "font.family": "DejaVu Sans"})
    figure, axes = plt.subplots(
        len(rows), 1, sharex=True, figsize=(9.5, 0.24 * sum(ratios) + 0.6), height_ratios=ratios, layout="constrained"
    )
    colours = {WORKLOAD: "#EEEEEE", **WAITS, **PARTS}
    for place, row, depth in zip(axes, rows, depths, strict=True):
        _draw_row(place, row, depth, colours)
    axes[-1].set_xlim(BEGIN, END)
    axes[-1].set_xlabel("cycle")
    told = [Patch(color=colour, label=name) for name, colour in (WAITS | PARTS).items()]
    figure.legend(handles=told, loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(PICTURE, dpi=130, metadata={"Software": None})


def _draw_row(axes: Axes, row: Row, depth: int, colours: dict[str, str]) -> None:
    axes.set_ylabel(row.name, rotation=0, ha="right", va="center")
    axes.tick_params(left=False, bottom=False)
    axes.spines[:].set_visible(False)
    if row.sizes:
        times, sizes = zip(*row.sizes, strict=True)
        axes.fill_between([*times, END], [*sizes, sizes[-1]], step="post", color="#999999", linewidth=0)
        axes.text(BEGIN, 1.7 * max(sizes), f" at most {max(sizes):,} B", va="top")
        axes.set_ylim(0, 1.7 * max(sizes))
        axes.set_yticks([])
        return
    axes.set_ylim(depth, 0)
    axes.set_yticks([])
    for begin, end, name, level in row.slices:
        low, high = max(begin, BEGIN), min(end, END)
        if low >= high:
            continue
        colour = colours.setdefault(name, LAYERS[len(colours) % len(LAYERS)])
        axes.broken_barh([(low, high - low)], (level + 0.05, 0.9), color=colour, edgecolor="white", linewidth=0.4)
        if len(name) < (high - low) / (END - BEGIN) * 150:
            axes.text((low + high) / 2, level + 0.53, name, ha="center", va="center", clip_on=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run"
        write_timeline(file, load_workload(WORKLOAD), load_hardware("lpa").hardware)
        draw(read(file.read_bytes()))
