"""Speed of the memory with banks, and its bandwidth: bursts simulated a second of CPU time on one core.

    python benchmarks/dram.py
    python benchmarks/dram.py --preset hbm2 --requests 1000000
    python benchmarks/dram.py --preset ddr4-3200 --mixed

Reads of one burst each, all there from the start, one after the other in memory or at random (seeded) over the whole
memory; the median of some repeats. `rows` maps the columns of a row to neighbouring addresses, as most simulators do;
`groups` goes to the next bank group with every burst, as presets of accelerators do here.

With `--mixed`, random reads and writes, two to one, each of which enters its queue only after the one before has, as in
the drivers of DRAM simulators; by ranks, queues and the fill at which writes start and stop to drain.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from fractions import Fraction

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


def print_reads(parameters: DramParameters, requests: int, repeats: int) -> None:
    """Print the speed and the bandwidth of streams of reads."""
    print(f"{'stream':<12}{'ranks':>6}{'mapping':>9}{'M bursts/s':>12}{'GB/s':>8}{'% of peak':>11}{'row hits':>10}")
    for ranks in (1, 2):
        for stream, mapping in (("sequential", "rows"), ("sequential", "groups"), ("random", "rows")):
            of_stream = replace(parameters, ranks=ranks, fields=mapping_fields(MAPPINGS[mapping]) or ())
            seconds, served = measure(of_stream, stream, requests, repeats)
            bursts_a_clock = Fraction(served.bursts, served.done)
            rate = float(bursts_a_clock * parameters.burst_bytes * parameters.clock_mhz / 1000)
            of_peak = float(100 * bursts_a_clock * parameters.burst_clocks / parameters.channels)
            line = f"{stream:<12}{ranks:>6}{mapping:>9}{served.bursts / seconds / 1e6:>12.1f}"
            print(f"{line}{rate:>8.2f}{of_peak:>11.1f}{served.hits:>10}")


def mixed_rate(parameters: DramParameters, requests: int) -> float:
    """Return GB/s of random reads and writes, two to one, in their order."""
    asked = addresses(parameters, "random", requests)
    writes = np.random.default_rng(1).integers(0, 3, requests) == 0
    memory, clock, served = BankedMemory(parameters), 0, list[Served]()
    for i in range(requests):
        ticket = memory.push_list(asked[i : i + 1], is_write=bool(writes[i]), clock=clock)
        while (entered := memory.entered(ticket)) is None:
            served += memory.take(memory.next_done() or 0)
        clock = max(clock, entered)
    while (done := memory.next_done()) is not None:
        served += memory.take(done)
    moved = sum(transfer.bursts for transfer in served) * parameters.burst_bytes
    return moved * float(parameters.clock_mhz) / 1e3 / max(transfer.done for transfer in served)


def print_mixed(parameters: DramParameters, requests: int) -> None:
    """Print the bandwidth of mixed random streams."""
    print(f"{'ranks':>5}{'queues':>8}{'drain':>10}{'GB/s':>8}")
    for ranks in (1, 2):
        for queue, high, low in ((32, 24, 8), (32, 32, 8), (32, 32, 0), (40, 40, 8)):
            rows = replace(parameters, ranks=ranks, fields=mapping_fields(MAPPINGS["rows"]) or ())
            queues = replace(rows, read_queue=queue, write_queue=queue, write_high=high, write_low=low)
            rate = mixed_rate(queues, requests)
            print(f"{ranks:>5}{queue:>8}{f'{high} to {low}':>10}{rate:>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list_dram(), default="ddr4-2400")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--mixed", action="store_true", help="random reads and writes instead of reads")
    arguments = parser.parse_args()
    hardware = load_hardware("lpa", [f"dram.preset={arguments.preset}"]).hardware
    peak = hardware.dram.bandwidth_gbps
    if arguments.mixed:
        print(f"{arguments.preset}: {arguments.requests} random reads and writes, peak {peak} GB/s")
        print_mixed(dram_parameters(hardware.dram), arguments.requests)
    else:
        print(f"{arguments.preset}: {arguments.requests} reads, peak {peak} GB/s")
        print_reads(dram_parameters(hardware.dram), arguments.requests, arguments.repeats)


if __name__ == "__main__":
    main()
