"""How the cost of a simulation grows: with the batch and with the array, in CPU seconds of mapping and simulating.

Prints one line a configuration, with its cost relative to batch 1 on the same array, and to the first line (8 x 8,
batch 1). Cost grows with the number of tiles, which buffers decide, and not with multiply-accumulates::

    python benchmarks/scaling.py
"""

from __future__ import annotations

import argparse
import statistics
import time

from lpasim.hardware import load_hardware
from lpasim.mapping import map_network
from lpasim.quantization.workload import load_workload
from lpasim.simulation import simulate


def measure(workload: str, batch: int, size: int, repeats: int) -> tuple[float, int, int]:
    """Give the median CPU seconds, the number of tiles and the simulated cycles of one configuration."""
    hardware = load_hardware("lpa", [f"array.rows={size}", f"array.cols={size}"]).hardware
    trace = load_workload(workload, batch=batch)
    seconds, tiles, cycles = [], 0, 0
    for _ in range(repeats):
        start = time.process_time()
        schedule = map_network(trace, hardware)
        cycles = simulate(schedule, hardware).cycles
        seconds.append(time.process_time() - start)
        tiles = sum(layer.tile_count for layer in schedule)
    return statistics.median(seconds), tiles, cycles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", default="resnet18")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    of_batch_1: dict[int, float] = {}
    head = f"{'workload':<16}{'array':>9}{'batch':>7}{'tiles':>9}{'cycles':>15}{'CPU s':>9}"
    print(f"{'':<{len(head)}}{'to batch 1,':>13}{'to 8x8,':>10}")
    print(f"{head}{'this array':>13}{'batch 1':>10}")
    for size, batch in ((8, 1), (8, 64), (128, 1), (128, 64)):
        seconds, tiles, cycles = measure(arguments.workload, batch, size, arguments.repeats)
        own, first = of_batch_1.setdefault(size, seconds), next(iter(of_batch_1.values()))
        line = f"{arguments.workload:<16}{f'{size}x{size}':>9}{batch:>7}{tiles:>9}{cycles:>15}{seconds:>9.3f}"
        print(f"{line}{seconds / own:>13.2f}{seconds / first:>10.2f}")


if __name__ == "__main__":
    main()
