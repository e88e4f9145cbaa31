"""Speed of the memory with banks, and its bandwidth: bursts simulated a second of CPU time on one core.

    python benchmarks/dram.py
    python benchmarks/dram.py --preset hbm2 --requests 1000000

Reads of one burst each, all there from the start, one after the other in memory or at random (seeded) over the whole
memory; the median of some repeats. `rows` maps the columns of a row to neighbouring addresses, as most simulators do;
`groups` goes to the next bank group with every burst, as presets of accelerators do here.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lpasim.hardware import list_dram, load_hardware
from lpasim.hardware.dram_parameters import DramParameters, dram_parameters, mapping_fields
from lpasim.simulation.dram import BankedMemory, Served

MAPPINGS = {"rows": "RoRaBaBgCoCh", "groups": "RoRaBaCoBgCh"}


def addresses(parameters: DramParameters, stream: str, requests: int) -> NDArray[np.int64]:
    """Return the byte addresses of a stream."""
    bursts = np.arange(requests)
    if stream == "random":
        size = parameters.capacity_bytes // parameters.burst_bytes
        bursts = np.random.default_rng(0).integers(0, size, requests)
    return bursts.astype(np.int64) * parameters.burst_bytes


def measure(parameters: DramParameters, stream: str, requests: int, repeats: int) -> tuple[float, Served]:
    """Return the median CPU seconds of serving a stream, and what came of it."""
    asked, seconds = addresses(parameters, stream, requests), []
    for _ in range(repeats):
        start = time.process_time()
        memory = BankedMemory(parameters)
        memory.push_list(asked, is_write=False, clock=0)
        (served,) = memory.take(memory.next_done() or 0)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list_dram(), default="ddr4-2400")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    hardware = load_hardware("lpa", [f"dram.preset={arguments.preset}"]).hardware
    peak = hardware.dram.bandwidth_gbps
    print(f"{arguments.preset}: {arguments.requests} reads, peak {peak} GB/s")
    print(f"{'stream':<12}{'ranks':>6}{'mapping':>9}{'M bursts/s':>12}{'GB/s':>8}{'% of peak':>11}{'row hits':>10}")
    for ranks in (1, 2):
        for stream, mapping in (("sequential", "rows"), ("sequential", "groups"), ("random", "rows")):
            fields = mapping_fields(MAPPINGS[mapping]) or ()
            parameters = replace(dram_parameters(hardware.dram), ranks=ranks, fields=fields)
            seconds, served = measure(parameters, stream, arguments.requests, arguments.repeats)
            moved = served.bursts * parameters.burst_bytes
            rate = moved * float(parameters.clock_mhz) / 1e3 / served.done
            line = f"{stream:<12}{ranks:>6}{mapping:>9}{served.bursts / seconds / 1e6:>12.1f}"
            print(f"{line}{rate:>8.2f}{100 * rate / peak:>11.1f}{served.hits:>10}")


if __name__ == "__main__":
    main()
