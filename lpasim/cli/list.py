"""``lpasim list``: what can be named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer

app = typer.Typer(help="List what can be named.", no_args_is_help=False)


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


def _print(headers: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table

    from lpasim.cli.output import write_rich

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        text = header == "description"
        table.add_column(header, justify="right" if header in ("layers", "MACs") else "left", no_wrap=not text)
    for row in rows:
        table.add_row(*row)
    write_rich(table)
