"""Writing a file in one step, so that nobody ever finds half of one."""

from __future__ import annotations

import os
from pathlib import Path

from lpasim.errors import OutputError


def write_whole(content: bytes, path: Path, what: str) -> None:
    """Write a file, whole or not at all; it takes the place of one that is there.

    Parameters
    ----------
    content : bytes
        All of it.
    path : Path
        Where.
    what : str
        What the file is, for messages.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{what} must be written to a writable place, got {error.strerror} ({path})") from error
