"""Names from outside, made fit for a line of text."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a name with every character that would break a line, or that no file holds, spelled as an escape.

    Such are control characters, line breaks, and the bytes of a file's name that are no UTF-8.
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def first_line(error: Exception) -> str:
    """Return the first line of another library's message."""
    return printable((str(error).strip().splitlines() or [repr(error)])[0])
