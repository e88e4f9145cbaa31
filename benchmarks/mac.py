"""Speed of matrix products of code words, as the array computes them, next to NumPy's float32 product of the same size.

    python benchmarks/mac.py
    python benchmarks/mac.py --shape 784x1152x128 --lp 8,2,3 8,2,3 --repeats 9

Both are measured in turn in the same process, each on one thread; times are medians. A ratio is time of the code words
over time of float32, so below 1 is faster than NumPy. Activations come first, weights second.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is loaded
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lpasim.datapath.matmul import matmul
from lpasim.datapath.parameters import Datapath
from lpasim.formats import LogPosit
from lpasim_ext import lp_mac

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lpasim.datapath.parameters import Accumulator

SHAPES = ("256x576x64", "256x4608x512", "784x1152x128", "784x576x512", "3136x576x64", "3136x1152x128")
FORMATS = (
    ("8,2,3", "8,2,3"),
    ("8,1,4", "8,1,3"),
    ("8,2,3", "4,1,3"),
    ("4,1,3", "4,1,3"),
    ("2,0,1", "2,0,1"),
    ("8,2,5", "8,2,5"),  # a longer range than 64 bits
)
DATAPATH = Datapath()


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median time of each work [s], measured in turn after one call of each."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            times[name].append(seconds(work))
    return {name: statistics.median(values) for name, values in times.items()}


def parsed(lp: str) -> LogPosit:
    """Return the log posit of `n,es,rs`; the scale factor does not enter a product of words."""
    return LogPosit.from_parameters(f"{lp},0")


def codes(rng: np.random.Generator, fmt: LogPosit, *shape: int) -> NDArray[np.uint8]:
    """Return standard normal values as words, and a few of the format's smallest and largest ones."""
    words = fmt.encode(rng.standard_normal(shape)).astype(np.uint8)
    words.flat[:: max(1, words.size // 7)] = 1
    words.flat[1 :: max(1, words.size // 7)] = fmt.nar - 1
    return words


def works(shape: Sequence[int], pair: Sequence[str], rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """Return what is measured at a shape M, K, N for the formats of activations and weights."""
    rows, depth, columns = shape
    x, w = (rng.standard_normal(size, dtype=np.float32) for size in ((rows, depth), (depth, columns)))
    activations, weights = (parsed(lp) for lp in pair)
    first, second = codes(rng, activations, rows, depth), codes(rng, weights, depth, columns)
    sums: tuple[Accumulator, ...] = ("wide", "paper")
    found: dict[str, Callable[[], object]] = {"float32": partial(np.matmul, x, w)}
    for accumulator in sums:
        product = partial(matmul, first, second, activations, weights, accumulator, DATAPATH)
        for path in lp_mac.available_paths():
            found[f"{accumulator}, {path}"] = partial(product, path=path)
        found[f"{accumulator}, 2 threads"] = partial(product, threads=2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", nargs="+", default=SHAPES, help="MxKxN (default: %(default)s)")
    parser.add_argument("--lp", nargs=2, action="append", help="n,es,rs of activations and of weights, repeatable")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of measurement (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    rng, fastest = np.random.default_rng(options.seed), lp_mac.available_paths()[0]
    pairs = options.lp or FORMATS
    ratios: dict[tuple[str, str], list[float]] = {}
    gains: dict[str, list[float]] = {"wide": [], "paper": []}
    print(f"{os.cpu_count()} processors, paths {', '.join(lp_mac.available_paths())}; ratios to float32, one thread")
    for shape in options.shape:
        for pair in pairs:
            label = "LP<{}> x LP<{}>".format(*pair)
            times = medians(works([int(size) for size in shape.split("x")], pair, rng), options.repeats)
            base = times.pop("float32")
            for name, median in times.items():
                ratios.setdefault((label, name), []).append(median / base)
            for accumulator, gain in gains.items():
                gain.append(times[f"{accumulator}, {fastest}"] / times[f"{accumulator}, 2 threads"])
            parts = "  ".join(f"{name} {median / base:.2f}" for name, median in times.items())
            print(f"{shape:14} {label:22} float32 {1e3 * base:8.2f} ms  {parts}", flush=True)

    print(f"\n{'formats':22} {'sum, path':18} {'median':>7} {'worst':>7}")
    for (label, name), values in ratios.items():
        print(f"{label:22} {name:18} {statistics.median(values):7.2f} {max(values):7.2f}")
    for accumulator, gain in gains.items():
        print(f"two threads over one, {accumulator}: median {statistics.median(gain):.2f}, worst {min(gain):.2f}")


if __name__ == "__main__":
    main()
