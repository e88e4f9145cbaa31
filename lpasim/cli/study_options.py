"""The options of ``lpasim sweep`` and ``lpasim explore``, and the request that they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import read_count, read_folder

if TYPE_CHECKING:
    from lpasim.studies.request import Request

Workloads = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names (lpasim list workloads), ONNX files, traces, or products; else those of --space.",
        show_default=False,
    ),
]
AxisTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--axis",
        metavar="KEY=V,V",
        help="Vary a key of the accelerator: array.rows=8,16; several move together: array.rows,array.cols=8x8,16x16.",
    ),
]
SpacePath = Annotated[
    Path | None, typer.Option("--space", metavar="FILE", help="A space in YAML (docs/sweep.md).", show_default=False)
]
HardwareChoice = Annotated[
    str | None,
    typer.Option("--hardware", help="The accelerator that is varied. [default: lpa]", show_default=False),
]
Where = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="Points that count: 'area_mm2 < 5 and array.rows == array.cols'."),
]
Objectives = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME",
        help="Statistics of the Pareto front; NAME:max or NAME:min where it does not say which. "
        "[default: latency_ms,energy_mj,area_mm2]",
        show_default=False,
    ),
]
Name = Annotated[str | None, typer.Option(help="Name of the study: its folder is results/NAME.", show_default=False)]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", parser=read_folder, metavar="DIR", help="Another folder.", show_default=False),
]
StorePath = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="Where finished points are kept. [default: results/.store/points.sqlite]",
        show_default=False,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        parser=read_count,
        metavar="N",
        help="Worker processes; by default, one a core.",
        show_default=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT", help="A Dask scheduler, whose workers simulate instead.", show_default=False
    ),
]


def make_request(
    workloads: Sequence[str] | None,
    axes: Sequence[str] | None,
    space: Path | None,
    hardware: str | None,
    overrides: Sequence[str] | None,
    batch: int | None,
    where: str | None,
    objectives: str | None,
) -> Request:
    """Put together what a file and the command line ask for: the latter wins, and adds to the axes and settings.

    Raises
    ------
    typer.BadParameter
        If there is no workload or no axis.
    LpasimError
        If an axis or the file is wrong.
    """
    from lpasim.hardware.loader import HardwareFile
    from lpasim.studies.axis import parse_axis
    from lpasim.studies.pareto import DEFAULT
    from lpasim.studies.request import Request
    from lpasim.studies.space_file import read_space

    file = None if space is None else read_space(space)
    chosen = tuple(workloads or (file.workloads if file else ()))
    if not chosen:
        raise typer.BadParameter("a workload must be given, got none (for example: resnet18)")
    name = hardware or (file.hardware if file and file.hardware else "lpa")
    base = HardwareFile.read(name)
    found = [*(file.make_axes(base) if file else ()), *(parse_axis(text, base) for text in axes or ())]
    if not found:
        raise typer.BadParameter("an axis must be given, got none (for example: --axis array.rows=8,16)")
    settings = (*(file.overrides if file else ()), *(overrides or ()))
    condition = where if where is not None else file.where if file else None
    return Request(
        chosen, found, name, settings, batch, condition, ",".join(DEFAULT) if objectives is None else objectives
    )
