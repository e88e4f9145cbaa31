"""``lpasim compare``: workloads on several accelerators, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import AsJson, Batch, Form, PrintedForm, Settings, printed_form, read_folder

if TYPE_CHECKING:
    from lpasim.hardware import ResolvedHardware
    from lpasim.quantization.trace import Trace
    from lpasim.reports.comparison import Comparison

ISO = "area|pes|bandwidth"


def compare(
    workloads: Annotated[
        list[str],
        typer.Argument(help="Names (lpasim list workloads), ONNX files, traces, or products.", show_default=False),
    ],
    hardware: Annotated[
        str,
        typer.Option(
            help="Accelerators (lpasim list hardware) or YAML files, separated by commas.", show_default=False
        ),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What the others are divided by; the last one if not given.", show_default=False
        ),
    ] = None,
    iso: Annotated[
        str | None,
        typer.Option(metavar=ISO, help="Make the others equal the baseline in this.", show_default=False),
    ] = None,
    traces: Annotated[
        list[str] | None,
        typer.Option(
            "--trace", metavar="NAME=FILE", help="The workload's trace for one accelerator, which keeps its bits."
        ),
    ] = None,
    overrides: Settings = None,
    batch: Batch = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", parser=read_folder, metavar="DIR", help="Folder of the results; by default one in results/."
        ),
    ] = None,
    form: PrintedForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the comparison alone.")] = False,
) -> None:
    """Compare accelerators: latency, energy, area and their ratios, as tables, files and bar charts."""
    from lpasim.cli.progress import COMPARISON, note, progress_bar
    from lpasim.reports.comparison import compare as compare_all
    from lpasim.reports.comparison_folder import KIND, comparison_files, default_path
    from lpasim.reports.iso import made_equal
    from lpasim.reports.staging import open_folder

    chosen = printed_form(form, as_json)
    if iso is not None and iso not in ISO.split("|"):
        raise typer.BadParameter(f"--iso must be one of {', '.join(ISO.split('|'))}, got {iso!r}")
    own = _own_traces(traces or [], workloads)
    accelerators = _accelerators(hardware, overrides or [], own)
    names = [each.hardware.name for each in accelerators]
    reference = baseline if baseline is not None else names[-1]
    if reference not in names:
        raise typer.BadParameter(f"--baseline must be one of {', '.join(names)}, got {reference!r}")
    if iso is not None:
        accelerators = made_equal(accelerators, accelerators[names.index(reference)], iso)
    loaded = _traces(workloads, names, own, batch)
    place = out if out is not None else default_path(loaded, accelerators, reference)
    with open_folder(place, KIND) as folder:
        with progress_bar(quiet, COMPARISON) as progress:
            comparison = compare_all(loaded, accelerators, reference, iso, progress)
        folder.write(comparison_files(comparison))
    _show(comparison, chosen)
    note(f"results: {folder.path}", quiet)


def _accelerators(text: str, overrides: list[str], own: dict[str, str]) -> list[ResolvedHardware]:
    """Load the accelerators; those with a trace of their own take its bits."""
    from lpasim.hardware import load_hardware
    from lpasim.hardware.words import TRACE

    names = [part.strip() for part in text.split(",")]
    if not all(names):
        raise typer.BadParameter(f"--hardware must be names separated by commas, such as lpa,ant, got {text!r}")
    found = []
    for name in names:
        resolved = load_hardware(name, overrides)
        if resolved.hardware.name in own:
            bits = [f"words.{operand}_bits={TRACE}" for operand in ("weight", "activation")]
            resolved = load_hardware(name, [*overrides, *bits])
        found.append(resolved)
    known = [each.hardware.name for each in found]
    for name in own:
        if name not in known:
            raise typer.BadParameter(f"--trace must be for one of {', '.join(known)}, got {name!r}")
    return found


def _own_traces(texts: list[str], workloads: list[str]) -> dict[str, str]:
    """Read ``NAME=FILE`` for each accelerator."""
    own = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise typer.BadParameter(f"--trace must have the form NAME=FILE, got {text!r}")
        own[name] = file
    if own and len(workloads) > 1:
        raise typer.BadParameter(f"--trace must come with one workload, got {len(workloads)}")
    return own


def _traces(workloads: list[str], names: list[str], own: dict[str, str], batch: int | None) -> list[list[Trace]]:
    """Load each workload once, and the traces that accelerators have of their own."""
    from lpasim.quantization.workload import load_workload

    loaded = []
    for workload in workloads:
        common = load_workload(workload, batch=batch)
        mine = {name: load_workload(file, batch=batch) for name, file in own.items()}
        for name, trace in mine.items():
            if trace.macs != common.macs:
                rule = f"be of the same network, with {common.macs} MACs"
                raise typer.BadParameter(f"--trace {name}={own[name]} must {rule}, got {trace.macs}")
        loaded.append([mine.get(name, common) for name in names])
    return loaded


def _show(comparison: Comparison, form: Form) -> None:
    """Print a comparison."""
    from lpasim.cli.output import write, write_json, write_rich

    if form is Form.JSON:
        write_json(comparison.to_dict())
    elif form is Form.CSV:
        from lpasim.reports.comparison import csv_of

        write(csv_of(comparison))
    else:
        from lpasim.reports.comparison_table import render_comparison

        write_rich(*render_comparison(comparison))
