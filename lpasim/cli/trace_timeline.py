"""``lpasim trace timeline``: a run over time, for the Perfetto UI, or one layer of it as waveforms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.values import Batch, HardwareName, Settings, one_of, read_count

PERFETTO, VCD = FORMS = ("perfetto", "vcd")
DETAILS = ("layer", "tile", "fold")
WAVES_SUFFIX = ".vcd"


def trace_timeline(
    workload: Annotated[
        str,
        typer.Argument(
            help="A name (lpasim list workloads), an ONNX file, a trace, or one matrix product: gemm:MxKxN."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="The file to write: run.perfetto-trace, run.vcd.", show_default=False
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMS),
            help="For the Perfetto UI, or waveforms of one layer. [default: vcd for a .vcd file, else perfetto]",
            show_default=False,
        ),
    ] = None,
    detail: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(DETAILS), help="perfetto: the finest that is drawn. [default: tile]", show_default=False
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Draw one layer alone; waveforms need its name.", show_default=False),
    ] = None,
    cycles: Annotated[
        int | None,
        typer.Option(
            parser=read_count, metavar="N", help="vcd: the layer's first N cycles; by default all.", show_default=False
        ),
    ] = None,
    hardware: HardwareName = "lpa",
    overrides: Settings = None,
    batch: Batch = None,
    input_shape: Annotated[
        str | None, typer.Option(help="An ONNX network's input where the file leaves it open: 1x3x224x224.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
) -> None:
    """Draw a run over time: tiles, folds, transfers, buffers, and what the array waits for (docs/timeline.md)."""
    chosen = one_of(FORMS, "--format", form) if form is not None else _form_of(out)
    finest = one_of(DETAILS, "--detail", detail or DETAILS[1])
    if chosen == VCD and detail is not None:
        raise typer.BadParameter(f"--detail must go with --format {PERFETTO}, got {VCD}: waveforms show every cycle")
    if chosen == PERFETTO and cycles is not None:
        raise typer.BadParameter(f"--cycles must go with --format {VCD}, got {PERFETTO}")
    if chosen == VCD and layer is None:
        raise typer.BadParameter("--layer must name the layer whose waveforms are wanted, got none")

    from lpasim.cli.progress import note, progress_bar
    from lpasim.hardware import load_hardware
    from lpasim.quantization.workload import load_workload
    from lpasim.reports.numbers import counted, scaled
    from lpasim.reports.timeline.files import write_timeline, write_waves
    from lpasim.reports.timeline.timeline import Detail

    trace = load_workload(workload, batch=batch, input_shape=input_shape)
    chip = load_hardware(hardware, overrides or []).hardware
    with progress_bar(quiet) as progress:
        if chosen == VCD and layer is not None:
            write_waves(out, trace, chip, layer, cycles, progress)
            what = "open it with a viewer of waveforms: gtkwave, surfer"
        else:
            slices = write_timeline(out, trace, chip, Detail(finest), layer, progress)
            what = f"{counted(slices, 'slice')}; open it at https://ui.perfetto.dev"
    note(f"{out}: {scaled(out.stat().st_size, 'B')}, {what}", quiet)


def _form_of(out: Path) -> str:
    """Return the form that a file's name asks for."""
    return VCD if out.suffix.lower() == WAVES_SUFFIX else PERFETTO
