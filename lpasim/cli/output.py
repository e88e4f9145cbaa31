"""Standard output: text, JSON, or a rich table."""

from __future__ import annotations

import io
import json
import shutil
import sys
from typing import Any

import typer

WIDTH = 100
"""Columns where neither the terminal nor the variable COLUMNS says how many there are."""
NARROWEST = 40
"""Columns that tables need at least; a narrower terminal wraps their lines."""


def write(text: str) -> None:
    """Write text; a reader who went away ends the program quietly.

    Raises
    ------
    OutputError
        If standard output takes no more.
    """
    from lpasim.cli.entry import BROKEN_PIPE
    from lpasim.errors import OutputError

    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the report must be written to standard output, got {reason}") from error


def show_commands(context: typer.Context) -> None:
    """Where a group of commands is called without one, print what there are, and end."""
    if context.invoked_subcommand is None:
        write(f"{context.get_help().rstrip()}\n")
        raise typer.Exit


def write_json(value: Any) -> None:
    """Write a value as indented JSON; characters that standard output cannot show are escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=not _is_unicode(), allow_nan=False)
    write(f"{text}\n")


def write_rich(*parts: Any) -> None:
    """Render rich objects one below the other: in colour and as wide as the terminal, else plain and `WIDTH` wide."""
    from rich.console import Console

    width = max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns)
    # A file that takes all characters: `write` replaces those that standard output cannot show, one by one.
    page = io.StringIO()
    console = Console(file=page, width=width, force_terminal=sys.stdout.isatty() or None, highlight=False)
    for part in parts:
        console.print(part)
    write("".join(f"{line.rstrip(' ')}\n" for line in page.getvalue().splitlines()))


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("_", "-").startswith("utf")
