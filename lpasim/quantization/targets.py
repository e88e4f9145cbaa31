"""Places for files that are about to be written: what is in the way must be an earlier file of the same kind."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from lpasim.errors import OutputError
from lpasim.networks.printable import printable
from lpasim.quantization.documents import Document
from lpasim.whole_file import LONGEST_NAME


def check_target(document: Document, path: Path, inputs: Mapping[str, str | Path | None]) -> None:
    """Refuse a place where writing would fail, or destroy something.

    Parameters
    ----------
    document : Document
        The kind of file that is to be written.
    path : Path
        Where.
    inputs : mapping
        What the same command reads, by what messages call it; names that are no files do not matter.

    Raises
    ------
    OutputError
        If the name is too long, the folder is not there, or the place is taken: by an input, or by anything but an
        earlier file of that kind.
    """
    what, where = document.what, printable(path)
    length = len(os.fsencode(path.name))
    if length > LONGEST_NAME:
        raise OutputError(f"{what} must have a file name of at most {LONGEST_NAME} bytes, got {length} ({where})")
    if path.is_dir() or not path.parent.is_dir():
        raise OutputError(f"{what} must be written to a file in an existing folder, got {str(path)!r}")
    if not path.exists():
        return
    for name, given in inputs.items():
        if given is not None and Path(given).is_file() and path.samefile(given):
            raise OutputError(f"{what} must go to a file of its own, got that of the {name} ({where})")
    if not path.is_file() or not _is_earlier(document, path):
        raise OutputError(f"{what} must go to a new file or an earlier {what}, got another file ({where})")


def _is_earlier(document: Document, path: Path) -> bool:
    """Tell whether a file is empty, or of the kind of the document."""
    try:
        content = path.read_bytes()
        head = json.loads(content) if content else {"schema": document.schema}
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("schema") == document.schema
