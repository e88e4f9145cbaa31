"""``lpasim report``: a page of a run or a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.values import read_folder


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            parser=read_folder,
            metavar="RUN_OR_STUDY",
            help="A folder of lpasim run, sweep or explore.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="The page; by default report.html in the folder."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> None:
    """Make one HTML page of a run or a study, which needs nothing but a browser."""
    from lpasim.cli.progress import note
    from lpasim.reports.page.page import page_of
    from lpasim.reports.staging import PAGE
    from lpasim.whole_file import write_whole

    path = folder / PAGE if out is None else out
    write_whole(page_of(folder), path, "page")
    note(f"page: {path}", quiet)
