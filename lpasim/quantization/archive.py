"""Reading arrays of ``.npz`` files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable


def is_archive(source: Path) -> bool:
    """Tell whether images lie in one ``.npz`` file."""
    return source.suffix == ".npz" and source.is_file()


def archived_names(source: Path) -> tuple[str, ...]:
    """Return the names of the arrays of an archive.

    Raises
    ------
    NetworkError
        If the file is damaged or no archive.
    """
    with _opened(source) as archive:
        return tuple(printable(name) for name in archive)


def read_archive(source: Path, name: str) -> NDArray[Any]:
    """Read one array of an archive that holds it.

    Raises
    ------
    NetworkError
        If the file is damaged or no archive.
    """
    with _opened(source) as archive:
        return np.asarray(archive[name])


@contextmanager
def _opened(source: Path) -> Iterator[Any]:
    rule, where = "image archive must be a whole .npz file", printable(source)
    if not is_zipfile(source):
        raise NetworkError(f"{rule}, got another or an unreadable file ({where})")
    try:
        with source.open("rb") as file, np.load(file) as archive:
            yield archive
    except OSError as error:
        raise NetworkError(f"{rule}, got {(error.strerror or 'a damaged one').lower()} ({where})") from error
    except (EOFError, MemoryError, TypeError, ValueError, NotImplementedError, BadZipFile, zlib.error) as error:
        raise NetworkError(f"{rule} of numbers, got a damaged one, or other things ({where})") from error
