"""Compare lpasim with SCALE-Sim 3.0.0: CPU time, peak memory and cycles, on the same products and the same array.

Both simulate weight-stationary products with 8-bit weights. Two comparisons are printed, each like against like:

* *engine*: CPU seconds of ``map_network`` and ``simulate`` against CPU seconds of SCALE-Sim's ``run_scale``, both
  without imports and without reading the input;
* *process*: CPU seconds and peak memory of two whole processes, ``python -m lpasim run`` with its run folder and
  SCALE-Sim with its reports (its traces are off).

Both are run here and now; nothing is extrapolated. lpasim runs twice: in its default configuration, which is timed, and
with the memory never late and no overlap of folds, which is SCALE-Sim's timing model. There the cycle counts must be
equal but for one cycle a layer: SCALE-Sim prints the index of the last cycle. They are compared where each PE holds one
weight of more than 4 bits; ``lpasim trace resnet18 --weight-bits 8 -o w8.json`` makes such a network.

SCALE-Sim 3.0.0 fails with NumPy 2.4 or later. Give it an environment of its own::

    python -m venv peer && peer/bin/pip install scalesim==3.0.0 'numpy<2.4'
    python benchmarks/scalesim_peer.py --scalesim-python peer/bin/python
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import lpasim
from lpasim.quantization.workload import load_workload

LPASIM_PROGRAM = """
import sys, time
from lpasim.hardware import load_hardware
from lpasim.mapping import map_network
from lpasim.quantization.workload import load_workload
from lpasim.simulation import simulate
trace, hardware = load_workload(sys.argv[1]), load_hardware("lpa", sys.argv[2:]).hardware
start = time.process_time()
simulate(map_network(trace, hardware), hardware)
print(time.process_time() - start)
"""
LATE_LAYER = "gemm:49x4608x512@w8a8"
"""ResNet-18's last 3x3 convolutions, 512 to 512 channels at 7x7, with 8-bit weights and activations."""

SCALESIM_CONFIG = """\
[general]
run_name = peer
[architecture_presets]
ArrayHeight = {rows}
ArrayWidth = {cols}
IfmapSramSzkB = 256
FilterSramSzkB = 128
OfmapSramSzkB = 128
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Dataflow = ws
Bandwidth = 10
ReadRequestBuffer = 32
WriteRequestBuffer = 32
[layout]
IfmapCustomLayout = False
IfmapSRAMBankBandwidth = 10
IfmapSRAMBankNum = 10
IfmapSRAMBankPort = 2
FilterCustomLayout = False
FilterSRAMBankBandwidth = 10
FilterSRAMBankNum = 10
FilterSRAMBankPort = 2
[sparsity]
SparsitySupport = false
SparseRep = ellpack_block
OptimizedMapping = false
BlockSize = 8
RandomNumberGeneratorSeed = 40
[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
"""

SCALESIM_PROGRAM = """\
import json, sys, time
from scalesim.scale_sim import scalesim
tool = scalesim(save_disk_space=True, verbose=False, config="scale.cfg", topology="products.csv", layout="layout.csv",
                input_type_gemm=True)
start = time.process_time()
tool.run_scale(top_path="out")
json.dump({"cpu_s": time.process_time() - start}, open("engine.json", "w"))
"""


@dataclass(frozen=True)
class Cost:
    """What a simulation took: CPU seconds of the engine and of the process, and peak memory of the process in MB."""

    engine_cpu_s: float
    process_cpu_s: float
    peak_mb: float


def measured(command: list[str], cwd: Path) -> tuple[float, float]:
    """Run a command; return its CPU seconds and its peak memory in MB."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        last = errors.read().decode().strip().splitlines()[-1:]
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed with exit code {process.returncode}: {' '.join(last)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def products(workload: str) -> list[tuple[str, int, int, int]]:
    """List (name, M, K, N) of every product of a workload, one entry for each of a layer's independent products."""
    return [
        (f"{layer.name}_{index}".replace(",", "_"), layer.gemm.m, layer.gemm.k, layer.gemm.n)
        for layer in load_workload(workload).layers
        if layer.gemm is not None
        for index in range(layer.gemm.count)
    ]


def run_scalesim(python: str, workload: str, rows: int, cols: int) -> tuple[Cost, list[int]]:
    """Simulate with SCALE-Sim; return its cost and the cycles that it prints for each product."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scale.cfg").write_text(SCALESIM_CONFIG.format(rows=rows, cols=cols))
        lines = [f"{name},{m},{n},{k}," for name, m, k, n in products(workload)]
        (folder / "products.csv").write_text("\n".join(["Layer,M,N,K,", *lines, ""]))
        layout = [f"{name}," + "1," * 27 for name, *_ in products(workload)]
        (folder / "layout.csv").write_text("\n".join(["Layer," + "x," * 27, *layout, ""]))
        cpu_s, peak_mb = measured([python, "-c", SCALESIM_PROGRAM], folder)
        engine = json.loads((folder / "engine.json").read_text())
        with (folder / "out/peer/COMPUTE_REPORT.csv").open() as report:
            table = [{key.strip(): value for key, value in row.items() if key} for row in csv.DictReader(report)]
    return Cost(engine["cpu_s"], cpu_s, peak_mb), [int(float(row["Total Cycles"])) for row in table]


def engine_seconds(workload: str, overrides: list[str], repeats: int) -> float:
    """CPU seconds of mapping and simulating, the smallest of some processes: each maps for the first time."""
    command = [sys.executable, "-c", LPASIM_PROGRAM, workload, *overrides]
    return min(float(subprocess.check_output(command, text=True)) for _ in range(repeats))


def run_lpasim(workload: str, rows: int, cols: int) -> Cost:
    """Simulate with lpasim in its default configuration, but for the size of the array."""
    overrides = [f"array.rows={rows}", f"array.cols={cols}"]
    options = [part for override in overrides for part in ("--set", override)]
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "lpasim", "run", workload, *options, "--quiet"]
        cpu_s, peak_mb = measured(command, Path(name))
    return Cost(engine_seconds(workload, overrides, repeats=5), cpu_s, peak_mb)


def same_model_cycles(workload: str, rows: int, cols: int) -> list[int]:
    """Cycles of each layer under SCALE-Sim's timing model."""
    flags = ("dram.ideal=true", "array.fold_overlap=false", "array.weight_double_buffer=false")
    report = lpasim.simulate(workload, overrides=(f"array.rows={rows}", f"array.cols={cols}", *flags))
    return [row["array_cycles"] for row in report.layer_rows if row["m"] is not None]


def has_wide_weights(workload: str) -> bool:
    """Tell whether every product has one weight in a PE, and every layer one product, as SCALE-Sim has."""
    layers = [layer for layer in load_workload(workload).layers if layer.gemm is not None]
    return all(layer.weight_format and layer.weight_format.n > 4 and layer.gemm.count == 1 for layer in layers)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scalesim-python", default=sys.executable, help="interpreter that has scalesim==3.0.0")
    parser.add_argument("--array", default="8x8", help="rows x columns (default: 8x8)")
    parser.add_argument("--workload", default=LATE_LAYER, help=f"workload of both (default: {LATE_LAYER})")
    options = parser.parse_args()
    rows, cols = (int(part) for part in options.array.split("x"))
    if Path(options.workload).is_file():
        options.workload = str(Path(options.workload).resolve())

    ours = run_lpasim(options.workload, rows, cols)
    theirs, printed = run_scalesim(options.scalesim_python, options.workload, rows, cols)

    sys.stdout.write(f"{options.workload} on a {rows} x {cols} weight-stationary array, {len(printed)} product(s)\n\n")
    sys.stdout.write(f"{'':28}{'SCALE-Sim 3.0.0':>18}{'lpasim':>14}{'ratio':>10}\n")
    for label, peer, own in (
        ("engine, CPU s", theirs.engine_cpu_s, ours.engine_cpu_s),
        ("whole process, CPU s", theirs.process_cpu_s, ours.process_cpu_s),
        ("whole process, peak MB", theirs.peak_mb, ours.peak_mb),
    ):
        sys.stdout.write(f"{label:28}{peer:18.4f}{own:14.4f}{peer / own:10.0f}\n")

    if not has_wide_weights(options.workload):
        sys.stdout.write("\nCycles are not compared: SCALE-Sim holds one weight in a PE, this workload several.\n")
        return 0
    expected = [cycles - 1 for cycles in same_model_cycles(options.workload, rows, cols)]
    sys.stdout.write(f"\ncycles, same timing model: SCALE-Sim {printed}, lpasim - 1 {expected}\n")
    return 0 if printed == expected else 1


if __name__ == "__main__":
    raise SystemExit(main())
