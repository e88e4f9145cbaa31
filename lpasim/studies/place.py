"""Where the results of a study go, and by which name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lpasim.errors import StudyError
from lpasim.reports.staging import check_place
from lpasim.reports.study_folder import KIND

RESULTS = Path("results")


def place_of(name: str | None, out: Path | None, default_name: Callable[[], str]) -> tuple[str, Path]:
    """Return the name and the folder of a study, which may be there already if it is that of a study.

    Parameters
    ----------
    name : str or None
        The name that it was given, if any.
    out : Path or None
        The folder that it was given, if any, whose name is the study's in place of none; else it is ``results/NAME``.
    default_name : callable
        Makes a name where there is none.

    Raises
    ------
    StudyError
        If the name cannot be that of a folder.
    OutputError
        If the folder is that of something else.
    """
    of_folder = "" if name is not None or out is None else out.name
    given = name if name is not None else of_folder or default_name()
    chosen = _checked(given, f" ({out}); --name gives another" if of_folder else "")
    path = out if out is not None else RESULTS / chosen
    check_place(path, KIND)
    return chosen, path


def _checked(name: str, hint: str) -> str:
    if not re.fullmatch(r"[\w@+-][\w.@+-]{0,99}", name):
        raise StudyError(f"a study's name must be up to 100 letters, digits and . _ - + @, got {name!r}{hint}")
    return name
