"""``lpasim show``: an accelerator or a workload in full."""

from __future__ import annotations

from typing import Annotated

import typer

from lpasim.cli.values import Batch

app = typer.Typer(help="Show an accelerator or a workload in full.")


@app.command()
def hardware(
    name: Annotated[str, typer.Argument(help="An accelerator (lpasim list hardware) or a YAML file.")] = "lpa",
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value; any number of times.")
    ] = None,
    yaml: Annotated[bool, typer.Option("--yaml", help="As a YAML file that --hardware reads.")] = False,
) -> None:
    """Show every value of an accelerator with its unit, its source, and whether it is an assumption."""
    from lpasim.cli.output import write, write_rich
    from lpasim.hardware import load_hardware, to_yaml

    resolved = load_hardware(name, overrides or [])
    if yaml:
        write(to_yaml(resolved))
        return
    from lpasim.reports.hardware_table import hardware_table

    write_rich(*hardware_table(resolved))


@app.command()
def workload(
    name: Annotated[str, typer.Argument(help="A name (lpasim list workloads), an ONNX file, a trace, or gemm:MxKxN.")],
    batch: Batch = None,
    input_shape: Annotated[
        str | None, typer.Option(help="An ONNX network's input where the file leaves it open: 1x3x224x224.")
    ] = None,
) -> None:
    """Show the layers of a workload, their number formats, and where they come from."""
    from lpasim.cli.output import write_rich
    from lpasim.quantization.workload import load_workload
    from lpasim.reports.workload_table import workload_table

    write_rich(*workload_table(load_workload(name, batch=batch, input_shape=input_shape)))
