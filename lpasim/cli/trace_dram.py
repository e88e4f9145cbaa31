"""``lpasim trace dram``: the requests of a run to external memory, for simulators of memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, TextIO

import typer

from lpasim.cli.values import Batch, HardwareName, Settings, member

STDOUT = "-"


class TraceForm(StrEnum):
    """Who reads the trace."""

    RAMULATOR = "ramulator"
    DRAMSIM3 = "dramsim3"
    CSV = "csv"


def read_trace_form(text: str) -> TraceForm:
    """Read a form by its name; typer.BadParameter if there is no such form."""
    return member(TraceForm, text)


def trace_dram(
    workload: Annotated[
        str,
        typer.Argument(
            help="A name (lpasim list workloads), an ONNX file, a trace, or one matrix product: gemm:MxKxN."
        ),
    ],
    form: Annotated[
        TraceForm,
        typer.Option("--format", parser=read_trace_form, metavar="|".join(TraceForm), help="Who reads it."),
    ] = TraceForm.CSV,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="The file to write; - prints it.")] = STDOUT,
    hardware: HardwareName = "lpa",
    overrides: Settings = None,
    memory_clock: Annotated[
        str | None,
        typer.Option(
            metavar="CLOCK",
            help="dramsim3: the clock that times are counted in, 1200 MHz; by default that of dram.preset.",
            show_default=False,
        ),
    ] = None,
    batch: Batch = None,
    input_shape: Annotated[
        str | None, typer.Option(help="An ONNX network's input where the file leaves it open: 1x3x224x224.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
) -> None:
    """Write every request of a run to external memory, with its cycle (docs/mapping.md)."""
    from lpasim.cli.progress import progress_bar
    from lpasim.hardware import load_hardware
    from lpasim.mapping import map_network, with_word_rules
    from lpasim.quantization.workload import load_workload
    from lpasim.reports.dram_trace import write_trace
    from lpasim.simulation import simulate

    clock_mhz = _clock_mhz(memory_clock)
    if clock_mhz is not None and form is not TraceForm.DRAMSIM3:
        rule = f"must come with --format {TraceForm.DRAMSIM3}, the form that counts times in it"
        raise typer.BadParameter(f"--memory-clock {rule}, got --format {form}")
    trace = load_workload(workload, batch=batch, input_shape=input_shape)
    chip = load_hardware(hardware, overrides or []).hardware
    schedule = map_network(with_word_rules(trace, chip), chip)
    with _opened(out) as file, progress_bar(quiet) as progress:
        simulate(schedule, chip, progress, write_trace(form, file, schedule, chip, clock_mhz))


def _clock_mhz(text: str | None) -> Fraction | None:
    """Read ``--memory-clock``."""
    from lpasim.units import parse_quantity

    if text is None:
        return None
    try:
        clock = parse_quantity(text, "MHz", "Hz")
    except ValueError as error:
        raise typer.BadParameter(f"--memory-clock {error}") from None
    if clock <= 0:
        raise typer.BadParameter(f"--memory-clock must be more than 0 MHz, got {text!r}")
    return clock


@contextmanager
def _opened(out: str) -> Iterator[TextIO]:
    """Open the file, or standard output."""
    from lpasim.whole_file import stream_whole

    if out == STDOUT:
        yield sys.stdout
    else:
        with stream_whole(Path(out), "the trace of requests") as file:
            yield file
