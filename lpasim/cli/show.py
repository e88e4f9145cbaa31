"""``lpasim show``: an accelerator, a technology or a workload in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.output import show_commands
from lpasim.cli.values import FORMS, AsJson, Batch, CostMapFile, Form, PageForm, TableArt, TableErt, printed_form

if TYPE_CHECKING:
    from lpasim.errors import LpasimError

app = typer.Typer(help="Show an accelerator, a technology or a workload in full.", invoke_without_command=True)


@app.callback()
def start(context: typer.Context) -> None:
    """Show an accelerator, a technology or a workload in full."""
    show_commands(context)


@app.command()
def hardware(
    name: Annotated[str, typer.Argument(help="An accelerator (lpasim list hardware) or a YAML file.")] = "lpa",
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value; any number of times.")
    ] = None,
    ert: TableErt = None,
    art: TableArt = None,
    cost_map: CostMapFile = None,
    yaml: Annotated[bool, typer.Option("--yaml", help="As a YAML file that --hardware reads.")] = False,
) -> None:
    """Show every value of an accelerator with its unit, its source, and whether it is an assumption."""
    from lpasim.cli.output import write, write_rich
    from lpasim.cost.priced_hardware import TableFiles, load_priced_hardware
    from lpasim.hardware import to_yaml

    resolved = load_priced_hardware(name, overrides or [], TableFiles(ert, art, cost_map))
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


@app.command()
def technology(
    name: Annotated[
        str | None,
        typer.Argument(help="A process (28nm) or a DRAM with currents; without it, all names.", show_default=False),
    ] = None,
    form: PageForm = Form.TABLE,
    as_json: AsJson = False,
) -> None:
    """Show every number of a process or a DRAM with its source, and how sure it is."""
    from lpasim.cli.output import write, write_json, write_rich
    from lpasim.cost import devices_with_currents
    from lpasim.cost.technologies import list_technologies, load_technology
    from lpasim.reports.technology_table import dram_as_json, dram_table, technology_as_json, technology_table

    in_json = printed_form(form, as_json, FORMS) is Form.JSON
    known = (*list_technologies(), *devices_with_currents())
    if name is None:
        if in_json:
            write_json(list(known))
        else:
            write("".join(f"{each}\n" for each in known))
    elif name not in known:
        raise _unknown_technology(name, known)
    elif name in devices_with_currents():
        if in_json:
            write_json(dram_as_json(name))
        else:
            write_rich(*dram_table(name))
    elif in_json:
        write_json(technology_as_json(load_technology(name)))
    else:
        write_rich(*technology_table(load_technology(name)))


def _unknown_technology(name: str, known: Sequence[str]) -> LpasimError:
    """Return the refusal of a name, with what it may have stood for."""
    from difflib import get_close_matches

    from lpasim.errors import HardwareError
    from lpasim.hardware import list_dram

    near = get_close_matches(name.lower().replace(" ", ""), known, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    if name in list_dram():
        hint = f"; no currents of {name} are known: lpasim show hardware --set dram.preset={name} shows what is"
    return HardwareError(f"technology must be one of {', '.join(known)}, got {name!r}{hint}")
