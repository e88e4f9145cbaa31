"""The study of the array's size in results/pe-array-study: 300 points of pe_array_study.yaml, and their figures.

    python benchmarks/pe_array_study.py
    python benchmarks/pe_array_study.py --out elsewhere

A study that was stopped goes on, and a finished one only draws its figures again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPACE = HERE / "pe_array_study.yaml"


def lpasim(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "lpasim", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "pe-array-study", metavar="DIR")
    out: Path = parser.parse_args().out
    lpasim("sweep", "--space", SPACE, "--name", "pe-array-study", "--out", out)
    lpasim("plot", out, "--format", "svg", "--out", out / "figures")


if __name__ == "__main__":
    main()
