"""``lpasim inspect``: what the bits of a code word mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lpasim.formats.base import Neighbour


def inspect(
    code: Annotated[str, typer.Argument(help="A code word: 0x5A, 0b1011010 or 90.", show_default=False)],
    number_format: Annotated[
        str, typer.Option("--format", help="A number format (lpasim list formats), as in lp8,2,3,0.")
    ] = "lp8,2,3,0",
) -> None:
    """Show the fields, the value and the neighbours of a code word.

    For every step of a multiply-accumulate of two code words, see: lpasim inspect mac --help
    """
    from rich.table import Table

    from lpasim.cli.output import write_rich
    from lpasim.formats import parse_format

    chosen = parse_format(number_format)
    word = chosen.fields(read_code(code))

    def spell(neighbour: Neighbour | None) -> str:
        return "none" if neighbour is None else f"{neighbour.code:#04x}  {neighbour.value!r}"

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row("format", str(chosen))
    table.add_row("code", f"{word.code:#04x}", word.bits)
    for part in word.parts:
        table.add_row(part.name, part.bits or "-", part.meaning)
    table.add_row("value", repr(word.value))
    table.add_row("next below", spell(word.below))
    table.add_row("next above", spell(word.above))
    write_rich(table)


def read_code(text: str) -> int:
    """Read a code word written in base 16, 2 or 10.

    Raises
    ------
    FormatError
        If the text is none of these.
    """
    from lpasim.errors import FormatError

    try:
        return int(text, 0)
    except ValueError:
        raise FormatError(f"code word must be a number such as 0x5A, 0b1011010 or 90, got {text!r}") from None
