"""``lpasim reproduce``: published comparisons beside what the model gives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.values import AsJson, Form, PrintedForm, printed_form, read_folder

ALL = "all"


def reproduce(
    what: Annotated[
        str,
        typer.Argument(metavar="areas|throughput|pe-study|latency-energy|all", help="Which published comparison."),
    ] = ALL,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            parser=read_folder,
            metavar="DIR",
            help="Folder of the results; by default results/reproduction.",
            show_default=False,
        ),
    ] = None,
    form: PrintedForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the comparisons alone.")] = False,
) -> None:
    """Rebuild published comparisons: published, simulated, deviation, why, and what would have to change."""
    from lpasim.cli.output import write, write_json, write_rich
    from lpasim.cli.progress import COMPARISON, note, progress_bar
    from lpasim.reports.reproduction import STUDIES, csv_of
    from lpasim.reports.reproduction import reproduce as reproduce_all
    from lpasim.reports.reproduction.folder import DEFAULT_PATH, KIND, reproduction_files
    from lpasim.reports.staging import open_folder

    chosen = printed_form(form, as_json)
    if what not in (*STUDIES, ALL):
        raise typer.BadParameter(f"comparison must be one of {', '.join((*STUDIES, ALL))}, got {what!r}")
    with open_folder(out if out is not None else DEFAULT_PATH, KIND) as folder:
        with progress_bar(quiet, COMPARISON) as progress:
            found = reproduce_all(STUDIES if what == ALL else (what,), progress)
        folder.write(reproduction_files(found))
    if chosen is Form.JSON:
        write_json(found.to_dict())
    elif chosen is Form.CSV:
        write(csv_of(found))
    else:
        from lpasim.reports.reproduction.table import render_reproduction

        write_rich(*render_reproduction(found))
    note(f"results: {folder.path}", quiet)
