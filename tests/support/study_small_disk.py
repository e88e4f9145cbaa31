"""A sweep on a file system of 256 KiB that fills up, and on the same one with room: study_small_disk.py FOLDER.

The file system is mounted where this process and its children alone see it, and goes away with them, whatever happens.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from study_models import evaluated
from study_runs import Driver, stored

from lpasim.errors import StudyError

PRIVATE = ("unshare", "--mount", "--map-root-user")
"""Gives a command mounts of its own, without any right to mount for others."""


def main(disk: Path) -> None:
    """Print what became of the sweep as JSON."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True, timeout=10)
    driver, filler, told = Driver(disk), disk / "filler", ""
    filler.write_bytes(bytes(160 << 10))
    try:
        driver.finished()
    except StudyError as error:
        told = str(error)
    known, before, there = stored(driver.store), len(evaluated(disk)), (disk / "out").exists()
    filler.unlink()
    driver.finished()
    shutil.copytree(disk / "out", disk.with_name("results"))
    after = len(evaluated(disk))
    print(json.dumps({"told": told, "known": len(known), "before": before, "after": after, "there": there}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
