"""How fast a sweep is, how well it uses two cores, and how much memory its coordinator takes.

``python benchmarks/sweep.py`` simulates ResNet-18 on 96 accelerators, with one worker and with two, each time with an
empty store; then a model that does nothing is evaluated at 100,000 points.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lpasim.studies.constraint import STATISTICS
from lpasim.studies.request import Request
from lpasim.studies.simulator import Known, Task
from lpasim.studies.sweeps import Sweep, run_sweep

PE_STUDY = ("array.rows=16,32,64", "array.cols=16,32,64", "buffers.weight=64KiB,256KiB", "dram.preset=lpddr4-3200,hbm2")
CLOCKS = "clock_mhz=400,500,600"
LONG = ",".join(str(step) for step in range(1, 101))
MANY = (f"array.rows={LONG}", f"array.cols={LONG}", "clock_mhz=1,2,3,4,5,6,7,8,9,10")


@dataclass(frozen=True)
class Nothing:
    """A model of which only the table takes time."""

    def identify(self, task: Task) -> Known:  # noqa: D102 (of the protocol)
        return Known(hashlib.sha256(repr(task.settings).encode()).digest(), {"area_mm2": float(len(task.settings[0]))})

    def evaluate(self, task: Task) -> dict[str, float | int]:  # noqa: D102 (of the protocol)
        numbers = [int(text.partition("=")[2]) for text in task.settings]
        return {name: (place * numbers[0]) % (numbers[1] + 7) for place, name in enumerate(STATISTICS)}


def simulated(jobs: int, axes: tuple[str, ...]) -> tuple[int, float, float]:
    """Return points, seconds of wall time, and seconds of CPU time of all processes."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(Request(("resnet18",), axes), name="pe", out=Path(folder, "out"), store=Path(folder, "store"))
        before, start = sum(os.times()[:4]), time.perf_counter()
        run_sweep(sweep, jobs=jobs)
        return len(sweep.plan()), time.perf_counter() - start, sum(os.times()[:4]) - before


def many() -> dict[str, float]:
    """Evaluate 100,000 points of a model that does nothing; return points, seconds, and peak memory [MB]."""
    with tempfile.TemporaryDirectory() as folder:
        request = Request(("gemm:4x4x4@w8a8",), MANY)
        sweep = Sweep(request, name="many", out=Path(folder, "out"), store=Path(folder, "store"))
        start = time.perf_counter()
        run_sweep(sweep, jobs=2, model=Nothing())
        seconds = time.perf_counter() - start
        size_mb = Path(folder, "store").stat().st_size / 1e6
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"points": len(sweep.plan()), "seconds": seconds, "peak_mb": peak_mb, "store_mb": size_mb}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("speed", "memory"))
    parser.add_argument("--memory-here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_here:
        print(json.dumps(many()))
        return
    if args.only != "memory":
        one = {}
        for name, axes in (("PE study", PE_STUDY), ("PE study with clocks", (*PE_STUDY, CLOCKS))):
            for jobs in (1, 2):
                points, wall, cpu = simulated(jobs, axes)
                one.setdefault(name, wall)
                rates = f"{60 * points / wall:.0f} a minute, {1e3 * cpu / points:.0f} ms of CPU a point"
                print(f"{name}, {jobs} worker(s): {points} points in {wall:.1f} s, {rates}, {one[name] / wall:.2f}x")
    if args.only != "speed":
        command = [sys.executable, __file__, "--memory-here"]  # a process of its own, whose peak is that of the sweep
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(
            "stub: {points} points in {seconds:.0f} s, peak {peak_mb:.0f} MB, store {store_mb:.0f} MB".format(**found)
        )


if __name__ == "__main__":
    main()
