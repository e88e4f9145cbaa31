"""``lpasim list``: what can be named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.output import show_commands
from lpasim.networks.printable import printable

app = typer.Typer(help="List what can be named.", invoke_without_command=True)


@app.callback()
def start(context: typer.Context) -> None:
    """List what can be named."""
    show_commands(context)


@app.command()
def workloads() -> None:
    """List the networks that come with lpasim."""
    from lpasim.quantization.workload import list_workloads
    from lpasim.reports.numbers import scaled

    networks = list_workloads()
    _print(
        ("workload", "layers", "MACs", "description"),
        [(item.name, str(item.layers), scaled(item.macs, ""), item.title) for item in networks],
    )


@app.command()
def networks() -> None:
    """List the networks that come with lpasim trained, and where their files lie."""
    from lpasim.cli.output import write
    from lpasim.quantization.trained import TRAINED

    for item in TRAINED.values():  # no table: a path must never be cut or wrapped
        write(f"{item.name}: {item.title}\n")
        for what, file in (("network", item.model), ("labelled", item.images), ("unlabelled", item.calibration)):
            write(f"  {what:10}  {file}\n")


@app.command()
def hardware() -> None:
    """List the accelerators that come with lpasim."""
    from lpasim.hardware import list_hardware

    _print(("hardware", "description"), list_hardware().items())


@app.command()
def formats() -> None:
    """List the number formats."""
    from lpasim.formats import FORMATS

    _print(("format", "description"), [(entry.name + entry.parameters, entry.description) for entry in FORMATS])


@app.command()
def studies(
    folder: Annotated[Path, typer.Argument(help="Where they lie.")] = Path("results"),
) -> None:
    """List the studies of lpasim sweep and explore, by their folders."""
    from lpasim.cli.progress import note
    from lpasim.reports.study_list import list_studies

    found = list(list_studies(folder))
    for each in found:
        if each.problem:
            note(f"left out: {each.problem}", False)
    heads = [(printable(each.path), each.head) for each in found if each.head is not None]
    if not heads:
        note(f"no studies in {printable(folder)}", False)
        return
    _print(
        ("study", "kind", "points", "failed", "workloads", "on", "varied"),
        [
            (
                path,
                head.kind,
                f"{head.points.planned:,}",
                f"{head.points.failed:,}" if head.points.failed else "",
                ", ".join(head.workloads),
                head.hardware,
                "\n".join(" x ".join(axis.keys) for axis in head.axes),
            )
            for path, head in heads
        ],
    )


def _print(headers: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table

    from lpasim.cli.output import write_rich

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        number = header in ("layers", "MACs", "points", "failed")
        text = header in ("description", "workloads", "varied")
        table.add_column(header, justify="right" if number else "left", no_wrap=not text, overflow="fold")
    for row in rows:
        table.add_row(*row)
    write_rich(table)
