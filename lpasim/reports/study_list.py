"""What studies there are in a folder, each in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.study_folder import Description, is_study, read_description


@dataclass(frozen=True, slots=True)
class Listed:
    """A study.

    Attributes
    ----------
    path : Path
        Its folder.
    head : Description or None
        What it is; None if its description cannot be read.
    problem : str
        Why not.
    """

    path: Path
    head: Description | None
    problem: str = ""


def list_studies(folder: Path) -> Iterator[Listed]:
    """Generate the studies whose folders lie in a folder, by name; a folder that is itself a study is the only one.

    Raises
    ------
    ResultsError
        If there is no such folder, or it cannot be read.
    """
    try:
        paths = [folder] if is_study(folder) else sorted(path for path in folder.iterdir() if _is_listed(path))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ResultsError(
            f"studies must lie in a folder that can be read, got {reason} ({printable(folder)})"
        ) from error
    for path in paths:
        try:
            yield Listed(path, read_description(path)[0])
        except ResultsError as error:
            yield Listed(path, None, str(error))


def _is_listed(path: Path) -> bool:
    """Leave out what is hidden: folders that are still being filled."""
    return not path.name.startswith(".") and is_study(path)
