"""Names of files and folders while they are written, and what processes that were killed left under such names."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import zlib
from contextlib import suppress
from pathlib import Path


def owner() -> str:
    """Name this process and its machine, of which a shared folder may see several, in a few letters."""
    return f"{_machine()}-{os.getpid()}"


LONGEST_OWNER = len("ffff-4194304")
"""Letters of the longest name: process numbers of Linux are at most 2^22."""


def remove_leavings(folder: Path, start: str, end: str = "") -> None:
    """Remove what has a name of `start`, an owner, and `end`, if the owner was a process of this machine that is gone.

    What has our own number was left by an earlier process: call this before anything is written.
    """
    pattern = re.compile(f"{re.escape(start)}{_machine()}-([0-9]{{1,7}}){re.escape(end)}")
    with suppress(OSError):
        for path in [each for each in folder.iterdir() if each.name.startswith(start)]:
            found = pattern.fullmatch(path.name)
            if found is None or _is_alive(int(found[1])):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode(errors='replace')) & 0xFFFF:04x}"


def _is_alive(number: int) -> bool:
    """Tell whether another process of this machine has a number. On Windows nobody can ask without harm."""
    if number == os.getpid():
        return False
    if sys.platform == "win32":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
