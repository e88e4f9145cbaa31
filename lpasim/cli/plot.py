"""``lpasim plot``: figures of runs and studies, as papers print them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import one_of, read_folder

if TYPE_CHECKING:
    from lpasim.reports.figures.files import Drawn
    from lpasim.reports.figures.kind import Kind, Options


def plot(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_OR_STUDY...",
            help="Folder of a run (lpasim run --out) or of a study (lpasim sweep), or of several runs.",
            show_default=False,
        ),
    ],
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND[,KIND]",
            help="Of a run: latency, utilization, layer-energy, energy, area, roofline, bits, distributions; of "
            "several: compare; of a study: pareto, parallel, heatmap, scaling. By default all that fit.",
            show_default=False,
        ),
    ] = None,
    style: Annotated[str, typer.Option(metavar="ieee|acm|slides", help="Sizes and letters.")] = "ieee",
    width: Annotated[str, typer.Option(metavar="single|double", help="One column of the page, or both.")] = "single",
    forms: Annotated[
        str, typer.Option("--format", metavar="pdf,svg,png", help="Files of each figure; its data is always CSV.")
    ] = "pdf,svg,png",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            parser=read_folder,
            metavar="DIR",
            help="Folder of the figures; by default figures/ in that of the run or study, or here for several runs.",
            show_default=False,
        ),
    ] = None,
    x: Annotated[str | None, typer.Option(metavar="COLUMN", help="Across: of pareto, heatmap.")] = None,
    y: Annotated[str | None, typer.Option(metavar="COLUMN", help="Upwards: of pareto, heatmap, scaling.")] = None,
    z: Annotated[str | None, typer.Option(metavar="COLUMN", help="As a colour: of pareto, heatmap.")] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="What compare divides by; the first run if not given.")
    ] = None,
    assessment: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="lpasim assess --out: for distributions, and for bits.", show_default=False),
    ] = None,
    sensitivity: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What lpasim quantize --format json printed: for bits.", show_default=False),
    ] = None,
    title: Annotated[bool, typer.Option("--title/--no-title", help="Whether figures have titles.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print the files as JSON, by kind.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the names of the files alone.")] = False,
) -> None:
    """Draw figures as PDF, SVG and PNG, each with its data as CSV; print the names of the files."""
    from lpasim.cli.progress import note
    from lpasim.reports.figures.drawing import find_style, source_of
    from lpasim.reports.figures.files import default_folder, draw_all, write_all
    from lpasim.reports.figures.kind import Options
    from lpasim.reports.figures.style import FORMS, WIDTHS, Page

    wanted = _kinds(kinds)
    if wanted is None and (x or y or z):
        raise typer.BadParameter("--x, --y and --z must come with --kind, got no kind")
    chosen = [one_of(FORMS, "--format", form) for form in _words([forms])]
    page = Page(find_style(style), one_of(WIDTHS, "--width", width), title)
    options = Options(x, y, z, baseline, assessment, sensitivity)
    _check_used(wanted, options)
    source = source_of(sources)
    drawn, left_out = draw_all(source, wanted, page, chosen, options)
    for reason in left_out:
        note(reason, quiet)
    files = write_all(drawn, out if out is not None else default_folder(source))
    _show(drawn, files, json)


def _kinds(names: list[str] | None) -> list[Kind] | None:
    """Read the kinds that are asked for, each once; None stands for all that fit."""
    from lpasim.reports.figures.drawing import find_kind

    return None if names is None else [find_kind(name) for name in dict.fromkeys(_words(names))]


def _words(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for text in texts for word in text.split(",")))


def _check_used(kinds: list[Kind] | None, options: Options) -> None:
    """Refuse an option that no figure that is asked for looks at."""
    from dataclasses import asdict

    used = {"x": ("pareto", "heatmap"), "y": ("pareto", "heatmap", "scaling"), "z": ("pareto", "heatmap")}
    used |= {"baseline": ("compare",), "assessment": ("distributions", "bits"), "sensitivity": ("bits",)}
    for name, value in asdict(options).items():
        if kinds is not None and value is not None and not {kind.name for kind in kinds} & set(used[name]):
            got = ", ".join(kind.name for kind in kinds)
            raise typer.BadParameter(f"--{name} must come with a kind of {', '.join(used[name])}, got {got}")


def _show(drawn: list[Drawn], files: list[Path], json: bool) -> None:
    """Print the files, one a line, or by kind."""
    from lpasim.cli.output import write, write_json
    from lpasim.networks.printable import printable

    if json:
        places = {file.name: printable(file) for file in files}
        write_json(
            {"figures": [{"kind": each.kind.name, "files": [places[name] for name in each.files]} for each in drawn]}
        )
    else:
        write("".join(f"{printable(file)}\n" for file in files))
