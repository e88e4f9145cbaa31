"""``lpasim run``: simulate a workload and report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import (
    AsJson,
    Batch,
    CostMapFile,
    Form,
    HardwareName,
    PrintedForm,
    Settings,
    TableArt,
    TableErt,
    printed_form,
    read_folder,
)

if TYPE_CHECKING:
    from lpasim.reports.measured import MeasuredActivity
    from lpasim.reports.report import Report


def run(
    workload: Annotated[
        str,
        typer.Argument(
            help="A name (lpasim list workloads), an ONNX file, a trace, or one matrix product: gemm:256x576x128@w4a8.",
            show_default=False,
        ),
    ],
    hardware: HardwareName = "lpa",
    overrides: Settings = None,
    ert: TableErt = None,
    art: TableArt = None,
    cost_map: CostMapFile = None,
    batch: Batch = None,
    input_shape: Annotated[
        str | None, typer.Option(help="An ONNX network's input where the file leaves it open: 1x3x224x224.")
    ] = None,
    activity: Annotated[
        str | None,
        typer.Option(
            metavar="assumed|measured",
            help="What the energy takes words to be: random, or as in --activity-file. [default: assumed]",
            show_default=False,
        ),
    ] = None,
    activity_file: Annotated[
        Path | None, typer.Option(help="Measured activity: what lpasim infer --activity wrote.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", parser=read_folder, metavar="DIR", help="Folder of the results; by default one in results/."
        ),
    ] = None,
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="Show the intervals that follow from the ranges of prices.")
    ] = False,
    form: PrintedForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the report alone.")] = False,
) -> None:
    """Simulate a workload on an accelerator: cycles, energy and area."""
    from lpasim.cli.progress import note, progress_bar
    from lpasim.cost.priced_hardware import TableFiles, load_priced_hardware
    from lpasim.quantization.workload import load_workload
    from lpasim.reports.run_folder import Arguments, open_folder
    from lpasim.reports.simulate import run as simulate

    chosen, measured = printed_form(form, as_json), _activity(activity, activity_file)
    trace = load_workload(workload, batch=batch, input_shape=input_shape)
    tables = TableFiles(ert, art, cost_map)
    resolved = load_priced_hardware(hardware, overrides or [], tables)
    arguments = Arguments(
        workload,
        hardware,
        tuple(overrides or ()),
        batch,
        input_shape,
        None if activity_file is None else str(activity_file),
        tables or None,
    )
    with open_folder(out, trace, resolved, arguments, measured) as folder:
        with progress_bar(quiet) as progress:
            report = simulate(trace, resolved, progress, measured)
        folder.fill(report)
    _show(report, chosen, uncertainty)
    note(f"results: {folder.path}", quiet)


def _show(report: Report, form: Form, uncertainty: bool) -> None:
    """Print a report; JSON and the run's folder always hold its uncertainty."""
    from lpasim.cli.output import write, write_json, write_rich

    if form is Form.JSON:
        write_json(report.to_dict())
    elif form is Form.CSV:
        from lpasim.reports.tables import csv_text

        write(csv_text(report))
    else:
        from lpasim.reports.terminal import render

        write_rich(*render(report, uncertainty=uncertainty))


def _activity(choice: str | None, file: Path | None) -> MeasuredActivity | None:
    """Read the measured activity, if that is what the options ask for; a file alone does."""
    from lpasim.reports.measured import ASSUMED, MEASURED, MeasuredActivity

    if choice not in (None, ASSUMED, MEASURED):
        raise typer.BadParameter(f"--activity must be {ASSUMED} or {MEASURED}, got {choice!r}")
    if choice == MEASURED and file is None:
        raise typer.BadParameter(
            f"--activity {MEASURED} must come with --activity-file FILE, got none; "
            "make one with: python -m lpasim infer MODEL --images DIR --accumulator paper --activity FILE"
        )
    if choice == ASSUMED and file is not None:
        raise typer.BadParameter(f"--activity-file must come with --activity {MEASURED}, got {ASSUMED}")
    return None if file is None else MeasuredActivity.read(file)
