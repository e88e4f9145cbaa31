"""Names of files and folders while they are written, and what processes that were killed left under such names."""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import sys
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path

_PROCESS = f"{secrets.randbits(16):04x}"
"""Tells this process from an earlier one of the same number: containers number theirs alike."""
_writes = count()


def owner() -> str:
    """Name one thing that is being written, by machine, of which a shared folder may see several, and process."""
    return f"{_machine()}-{os.getpid()}-{_PROCESS}-{next(_writes)}"


LONGEST_OWNER = len("ffff-4194304-ffff-999999999")
"""Letters of the longest name: process numbers of Linux are at most 2^22."""


def remove_leavings(folder: Path, start: str, end: str = "") -> None:
    """Remove what has a name of `start`, an owner, and `end`, if its process was of this machine and is gone."""
    pattern = re.compile(f"{re.escape(start)}{_machine()}-([0-9]{{1,7}})-([0-9a-f]{{4}})-[0-9]+{re.escape(end)}")
    with suppress(OSError):
        for path in [each for each in folder.iterdir() if each.name.startswith(start)]:
            found = pattern.fullmatch(path.name)
            if found is None or _is_alive(int(found[1]), found[2]):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode(errors='replace')) & 0xFFFF:04x}"


def _is_alive(number: int, process: str) -> bool:
    """Tell whether a process of this machine is at work. On Windows nobody can ask for others without harm."""
    if number == os.getpid():
        return process == _PROCESS
    if sys.platform == "win32":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
