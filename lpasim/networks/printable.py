"""Names from outside, made fit for a line of text."""

from __future__ import annotations

import os
from pathlib import Path


def printable(text: str | Path) -> str:
    """Return a name or a path, every character that would break a line or that no file holds spelled as an escape.

    Such are control characters, line breaks, and the bytes of a file's name that are no UTF-8.
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text))


def file_name(path: Path) -> str:
    """Return the last part of a path, of ``.`` and ``..`` that of the folder they stand for."""
    name = path.name if path.name not in ("", "..") else Path(os.path.abspath(path)).name
    return printable(name or path)


def first_line(error: Exception) -> str:
    """Return the first line of another library's message."""
    return printable((str(error).strip().splitlines() or [repr(error)])[0])
