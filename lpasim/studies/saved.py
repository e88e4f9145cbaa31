"""Reading the results of a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpasim.reports.study_folder import is_study, read_study
from lpasim.studies.place import RESULTS

if TYPE_CHECKING:
    import pandas as pd


def load(name_or_path: str | Path) -> pd.DataFrame:
    """Read the points of a study.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a study in ``results/``, or a folder.

    Returns
    -------
    DataFrame
        One row a point, in the order of the plan: its place in the plan, the workload, the values of the axes, the
        statistics of its run (empty if it failed), whether it is on the Pareto front, its status, and its error.

    Raises
    ------
    ResultsError
        If there is no such study, or its files are broken.
    """
    return read_study(find(name_or_path)).points


def find(name_or_path: str | Path) -> Path:
    """Return the folder of a study: that of a name in ``results/``, unless there is a study of that path."""
    path = Path(name_or_path)
    named = RESULTS / path
    is_name = len(path.parts) == 1 and not path.is_absolute()
    return named if is_name and not is_study(path) and (is_study(named) or not path.is_dir()) else path
