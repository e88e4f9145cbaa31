"""From a workload and an accelerator to a file that shows the run over time."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from lpasim.errors import TraceError
from lpasim.hardware.model import Hardware
from lpasim.mapping import map_network, with_word_rules
from lpasim.networks.printable import printable
from lpasim.quantization.trace import Trace
from lpasim.reports.timeline.timeline import Detail, Timeline
from lpasim.reports.timeline.waves import Waves
from lpasim.simulation import simulate
from lpasim.simulation.engine import Progress
from lpasim.whole_file import stream_whole, stream_whole_bytes


def write_timeline(
    path: Path,
    trace: Trace,
    hardware: Hardware,
    detail: Detail = Detail.TILE,
    layer: str | None = None,
    progress: Progress | None = None,
) -> int:
    """Simulate a workload and write what happened, for the Perfetto UI; return how many slices the file has.

    Parameters
    ----------
    path : Path
    trace : Trace
    hardware : Hardware
    detail : Detail
        The finest that is drawn.
    layer : str, optional
        Name of the one layer to draw, which runs in its place in the network; by default all.
    progress : callable, optional
        Told, while the engine runs, how many tiles are done and of how many.

    Raises
    ------
    LpasimError
        If a layer does not fit, there is none of that name, or the file cannot be written.
    """
    trace = with_word_rules(trace, hardware)
    only = None if layer is None else find_layer(trace, layer)
    schedule = map_network(trace, hardware)
    with stream_whole_bytes(path, "the timeline") as file:
        timeline = Timeline(file, trace, schedule, hardware, detail, only)
        simulate(schedule, hardware, progress, observe=timeline.observe, commands=timeline.commands)
        timeline.close()
    return timeline.slices


def write_waves(
    path: Path,
    trace: Trace,
    hardware: Hardware,
    layer: str,
    cycles: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Simulate a workload and write what crossed the edges of the array for one layer, as a value change dump.

    Parameters are those of `write_timeline`, and `cycles`: how many to draw from the layer's start; by default all.

    Raises
    ------
    LpasimError
        If a layer does not fit, there is none of that name, the array or the layer is not small, or the file cannot be
        written.
    """
    trace = with_word_rules(trace, hardware)
    number = find_layer(trace, layer)
    schedule = map_network(trace, hardware)
    with stream_whole(path, "the waveforms") as file:
        waves = Waves(file, schedule[number], number, hardware, cycles)
        simulate(schedule, hardware, progress, observe=waves.observe)
        waves.close()


def find_layer(trace: Trace, name: str) -> int:
    """Return the number of the layer of some name; letters that do not print are escaped, as in tables.

    Raises
    ------
    TraceError
        If there is no such layer.
    """
    known = [printable(layer.name) for layer in trace.layers]
    if name in known:
        return known.index(name)
    near = get_close_matches(name, known, 1, cutoff=0)
    raise TraceError(f"the layer must be one of {trace.name}, got {name!r}; the nearest is {near[0]}")
