"""Writing files in one step, so that nobody ever finds half of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from lpasim.errors import OutputError
from lpasim.leavings import LONGEST_OWNER, owner, remove_leavings

_END = ".part"
LONGEST_NAME = 255 - len("..") - LONGEST_OWNER - len(_END)
"""Most bytes of a file's name: common file systems take 255, and while it is written it is longer (see `_partial`)."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that is to be written.

    Attributes
    ----------
    content : bytes
        All of it.
    path : Path
        Where.
    what : str
        What the file is, for messages.
    """

    content: bytes
    path: Path
    what: str


def write_whole(content: bytes, path: Path, what: str) -> None:
    """Write a file, whole or not at all; it takes the place of one that is there. For parameters see `Whole`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_together(Whole(content, path, what))


def write_together(*files: Whole) -> None:
    """Write files that belong together: none of them takes its place before there was room for all.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    staged = [(file, _partial(file)) for file in files]
    try:
        for file, partial in staged:
            with _named(file):
                partial.write_bytes(file.content)
        for file, partial in staged:
            with _named(file):
                partial.replace(file.path)
    finally:
        for file, partial in staged:
            with _named(file):
                partial.unlink(missing_ok=True)


@contextmanager
def stream_whole(path: Path, what: str) -> Iterator[TextIO]:
    """Open a text file that takes its place when the body ends, and never does if it fails. For parameters see `Whole`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with stream_whole_bytes(path, what) as content, TextIOWrapper(content, encoding="utf-8", newline="") as text:
        yield text


@contextmanager
def stream_whole_bytes(path: Path, what: str) -> Iterator[BinaryIO]:
    """Open a file of bytes in the same way.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    file = Whole(b"", path, what)
    partial = _partial(file)
    try:
        with _named(file), partial.open("wb") as content:
            yield content
        with _named(file):
            partial.replace(path)
    finally:
        with _named(file):
            partial.unlink(missing_ok=True)


def _partial(file: Whole) -> Path:
    """Return where a file is written first, and clear that away of writers who were killed.

    A device, a pipe or a link would be replaced, and is refused.
    """
    path = file.path
    with _named(file):
        plain = bool(path.name) and not path.is_symlink() and (path.is_file() or path.is_dir() or not path.exists())
    if not plain:
        raise OutputError(f"{file.what} must be written to a plain file, got {str(path)!r}")
    remove_leavings(path.parent, f".{path.name}.", _END)
    return path.with_name(f".{path.name}.{owner()}{_END}")


@contextmanager
def _named(file: Whole) -> Iterator[None]:
    """Name the file where writing fails."""
    try:
        yield
    except OSError as error:
        rule = f"{file.what} must be written to a writable place"
        raise OutputError(f"{rule}, got {error.strerror} ({file.path})") from error
