"""Values of options, with messages that say what an option takes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

Choice = TypeVar("Choice", bound=str)
Member = TypeVar("Member", bound=StrEnum)
TrainedNetwork = Annotated[
    str, typer.Argument(help="An ONNX file with weights, or a name (lpasim list networks).", show_default=False)
]
HardwareName = Annotated[str, typer.Option("--hardware", help="An accelerator (lpasim list hardware) or a YAML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the accelerator; any number of times."),
]
TableErt = Annotated[
    Path | None, typer.Option("--ert", help="Energies of an Accelergy energy reference table.", show_default=False)
]
TableArt = Annotated[
    Path | None, typer.Option("--art", help="Areas of an Accelergy area reference table.", show_default=False)
]
CostMapFile = Annotated[
    Path | None,
    typer.Option("--cost-map", help="Which component of these tables prices what, in YAML.", show_default=False),
]


class Form(StrEnum):
    """What goes to standard output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FORMS = (Form.TABLE, Form.JSON)
"""Forms of the commands that have no rows to give as CSV."""


def member(kind: type[Member], text: str) -> Member:
    """Read a member of an enumeration by its value.

    Raises
    ------
    typer.BadParameter
        If there is no such member.
    """
    try:
        return kind(text)
    except ValueError:
        raise typer.BadParameter(f"must be one of {', '.join(kind)}, got {text!r}") from None


def read_form(text: str) -> Form:
    """Read a form by its name; typer.BadParameter if there is no such form."""
    return member(Form, text)


PrintedForm = Annotated[Form, typer.Option("--format", parser=read_form, metavar="|".join(Form), help="What to print.")]
PageForm = Annotated[str, typer.Option("--format", metavar="|".join(FORMS), help="What to print.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON: --format json.")]


def printed_form(form: str, as_json: bool, known: tuple[Form, ...] = tuple(Form)) -> Form:
    """Return what ``--format`` and ``--json`` ask for together.

    Raises
    ------
    typer.BadParameter
        If there is no such form, or they ask for different ones.
    """
    chosen = one_of(known, "--format", form)
    if as_json and chosen is Form.CSV:
        raise typer.BadParameter(f"--json must come without --format {chosen}, got both")
    return Form.JSON if as_json else chosen


def one_of(known: tuple[Choice, ...], option: str, text: str) -> Choice:
    """Read an option that is one of some words.

    Raises
    ------
    typer.BadParameter
        If there is no such choice.
    """
    for choice in known:
        if text == choice:
            return choice
    raise typer.BadParameter(f"{option} must be one of {', '.join(known)}, got {text!r}")


def read_folder(text: str) -> Path:
    """Read the name of a folder.

    Raises
    ------
    typer.BadParameter
        If there is no name: that would be the current folder.
    """
    if not text.strip():
        raise typer.BadParameter(f"must name a folder, got {text!r}")
    return Path(text)


def read_count(text: str | int) -> int:
    """Read how many of something there are.

    Raises
    ------
    typer.BadParameter
        If that is no whole number, or below 1.
    """
    try:
        count = int(text)
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, got {text!r}") from None
    if count < 1:
        raise typer.BadParameter(f"must be at least 1, got {count}")
    return count


Batch = Annotated[
    int | None, typer.Option(parser=read_count, metavar="N", help="Inferences in one run.", show_default=False)
]
