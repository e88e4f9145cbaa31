"""The commands. Each is a function of its own file, which imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lpasim.cli.assess import assess
from lpasim.cli.compare import compare
from lpasim.cli.doctor import doctor
from lpasim.cli.explore import explore
from lpasim.cli.infer import infer
from lpasim.cli.inspect import inspect
from lpasim.cli.inspect_mac import inspect_mac
from lpasim.cli.list import app as list_app
from lpasim.cli.output import show_commands, write
from lpasim.cli.plot import plot
from lpasim.cli.quantize import quantize
from lpasim.cli.report import report
from lpasim.cli.reproduce import reproduce
from lpasim.cli.run import run
from lpasim.cli.show import app as show_app
from lpasim.cli.sweep import sweep
from lpasim.cli.trace import trace
from lpasim.cli.trace_dram import trace_dram
from lpasim.cli.trace_timeline import trace_timeline
from lpasim.cli.verify import verify


class Commands(TyperGroup):
    """Commands of one word or of two: "inspect mac" is one, and "inspect 0x5A" is "inspect" with an argument."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name, the command and its arguments; the longer name wins."""
        name = " ".join(args[:2])
        if len(args) > 1 and name in self.commands:
            return name, self.commands[name], args[2:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Simulate LPA, an accelerator for neural networks quantized to logarithmic posits, cycle by cycle."""
    if version:
        from lpasim import __version__

        write(f"lpasim {__version__}\n")
        raise typer.Exit
    show_commands(context)


app.command()(run)
app.command()(compare)
app.command()(reproduce)
app.command()(sweep)
app.command()(explore)
app.command()(plot)
app.command()(report)
app.add_typer(list_app, name="list")
app.add_typer(show_app, name="show")
app.command()(inspect)
app.command("inspect mac")(inspect_mac)
app.command()(assess)
app.command()(quantize)
app.command()(trace)
app.command("trace dram")(trace_dram)
app.command("trace timeline")(trace_timeline)
app.command()(infer)
app.command()(verify)
app.command()(doctor)
