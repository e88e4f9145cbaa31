"""Speed of quantizing float32 to a log posit and back, next to ml_dtypes' round trip through float8_e4m3fn.

    python benchmarks/quantize.py --size 16777216 --lp 8,2,3,0

One thread, standard normal values, both measured in turn in the same process; times are medians. ml_dtypes must be
installed (`pip install '.[benchmark]'`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np

from lpasim.formats import LogPosit, codec
from lpasim_ext import lp_codec

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=1 << 24, help="number of float32 values (default: %(default)s)")
    parser.add_argument("--lp", default="8,2,3,0", help="n,es,rs,sf of the log posit (default: %(default)s)")
    parser.add_argument("--rounding", choices=("log", "linear"), default="log")
    parser.add_argument("--repeats", type=int, default=7, help="rounds of measurement (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    fmt = LogPosit.from_parameters(options.lp)
    x = np.random.default_rng(options.seed).standard_normal(options.size, dtype=np.float32)
    codes = fmt.encode(x, options.rounding)
    works: dict[str, Callable[[], object]] = {
        "ml_dtypes float8_e4m3fn and back": lambda: x.astype(ml_dtypes.float8_e4m3fn).astype(np.float32),
        f"{fmt} quantize": lambda: fmt.quantize(x, options.rounding),
        f"{fmt} quantize, portable path": lambda: codec.quantize(fmt, x, options.rounding, "portable"),
        f"{fmt} encode": lambda: fmt.encode(x, options.rounding),
        f"{fmt} decode to float64": lambda: fmt.decode(codes),
    }
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(options.repeats):
        for name, work in works.items():
            times[name].append(seconds(work))
    medians = {name: statistics.median(values) for name, values in times.items()}

    baseline = medians["ml_dtypes float8_e4m3fn and back"]
    print(f"{options.size} float32 values, {options.rounding} rounding, kernel path {lp_codec.available_paths()[0]}")
    for name, median in medians.items():
        rate = options.size / median / 1e6
        print(f"{name:35} {1e3 * median:9.2f} ms  {rate:8.1f} M/s  ratio {median / baseline:.3f}")


if __name__ == "__main__":
    main()
