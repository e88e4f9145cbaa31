"""A sweep of a stub in a process of its own, to be killed: study_driver.py FOLDER SECONDS_A_POINT."""

from __future__ import annotations

import sys
from pathlib import Path

from study_models import Stub

from lpasim.cli.stops import Stops
from lpasim.errors import LpasimError
from lpasim.studies.coordinator import Listener
from lpasim.studies.lanes import Crew
from lpasim.studies.request import Request
from lpasim.studies.sweeps import Sweep, run_sweep

AXES = ["array.rows=1,2,3,4,5,6", "array.cols=1,2,3,4,5", "buffers.weight=1024,2048"]


def run(folder: Path, seconds: float = 0.0, crew: Crew | None = None, listener: Listener | None = None) -> None:
    request = Request(("gemm:4x4x4@w8a8",), AXES)
    sweep = Sweep(request, name="study", out=folder / "out", store=folder / "points.sqlite")
    run_sweep(sweep, jobs=None if crew else 2, model=Stub(folder, seconds), crew=crew, listener=listener)


def main(folder: Path, seconds: float) -> int:
    with Stops() as stops:
        try:
            run(folder, seconds)
        except KeyboardInterrupt:
            return stops.code
        except LpasimError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
