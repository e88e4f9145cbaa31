"""Standard output: text, JSON, or a rich table."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

WIDTH = 100
"""Columns of a table where nobody says how wide the terminal is."""


def write(text: str) -> None:
    """Write text; a reader who went away ends the program quietly."""
    from lpasim.cli.entry import BROKEN_PIPE

    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise typer.Exit(BROKEN_PIPE) from None


def write_json(value: Any) -> None:
    """Write a value as indented JSON."""
    write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_rich(*parts: Any) -> None:
    """Render rich objects one below the other: in colour and as wide as the terminal, else plain and `WIDTH` wide."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else WIDTH, highlight=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    write("".join(f"{line.rstrip(' ')}\n" for line in capture.get().splitlines()))
