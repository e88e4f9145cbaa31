"""Figures as files: each with its data beside it as CSV, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpasim.errors import OutputError
from lpasim.networks.printable import printable
from lpasim.reports.figures.drawing import Source, data_of, draw, takes_of
from lpasim.reports.figures.kind import Kind, Options, UnsuitedError
from lpasim.reports.figures.registry import KINDS
from lpasim.reports.figures.style import Page, encode
from lpasim.reports.saved_run import SavedRun, is_run
from lpasim.reports.staging import FIGURES
from lpasim.reports.study_folder import Study, is_study
from lpasim.whole_file import Whole, write_together

if TYPE_CHECKING:
    import pandas as pd

FOLDER = FIGURES
"""Of the figures of a run or a study, inside its own folder; of several runs, in the working directory."""


@dataclass(frozen=True)
class Drawn:
    """A figure in all its forms.

    Attributes
    ----------
    kind : Kind
        What it shows.
    files : dict of str to bytes
        Contents by name, the data first.
    """

    kind: Kind
    files: dict[str, bytes]


def draw_all(
    source: Source, kinds: Sequence[Kind] | None, page: Page, forms: Sequence[str], options: Options
) -> tuple[list[Drawn], list[str]]:
    """Draw figures; the same results give the same bytes.

    Parameters
    ----------
    source : SavedRun, Study or tuple of SavedRun
        What is shown.
    kinds : sequence of Kind or None
        None: all that fit the source and the options.
    page : Page
        What they are drawn for.
    forms : sequence of str
        File formats.
    options : Options
        What is asked of them.

    Returns
    -------
    tuple
        The figures; and why kinds that were not asked for by name are left out.

    Raises
    ------
    ResultsError
        If a kind that is asked for does not fit.
    """
    drawn, left_out = [], []
    for kind in _fitting(source, options) if kinds is None else kinds:
        try:
            data = data_of(kind, source, options)
        except UnsuitedError as error:
            if kinds is not None:
                raise
            left_out.append(f"left out: {error}")
            continue
        figure = draw(kind, data, page)
        files = {f"{kind.name}.csv": csv_bytes(data)}
        drawn.append(Drawn(kind, files | {f"{kind.name}.{form}": encode(figure, form, page) for form in forms}))
    return drawn, left_out


def write_all(drawn: Sequence[Drawn], folder: Path) -> list[Path]:
    """Write figures into a folder, all or none; return the files.

    Raises
    ------
    OutputError
        If the folder is one of results, or cannot be written.
    """
    if is_run(folder) or is_study(folder):
        raise OutputError(f"figures must go to a folder of their own, got that of results ({printable(folder)})")
    contents = {name: content for each in drawn for name, content in each.files.items()}
    for name in contents:
        if (folder / name).is_dir():  # all or none: what cannot take its place must be seen before the first one does
            raise OutputError(f"figure must be written to a plain file, got a folder ({printable(folder / name)})")
    with _made(folder):
        write_together(*(Whole(content, folder / name, "figure") for name, content in contents.items()))
    return [folder / name for name in contents]


def default_folder(source: Source) -> Path:
    """Return where figures go if nothing else is said."""
    return source.path / FOLDER if isinstance(source, SavedRun | Study) else Path(FOLDER)


def csv_bytes(data: pd.DataFrame) -> bytes:
    """Spell the data of a figure as CSV; an empty field is no number."""
    return data.to_csv(index=False, lineterminator="\n").encode()


def _fitting(source: Source, options: Options) -> list[Kind]:
    """Return the kinds that fit a source, without those whose files are not given."""
    return [
        kind
        for kind in KINDS
        if kind.takes == takes_of(source) and (not kind.needs or getattr(options, kind.needs) is not None)
    ]


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and its parents; those that were not there before go again if the body fails."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        _remove(missing)
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"figures must be written to a folder, got {reason} ({printable(folder)})") from error
    except BaseException:
        _remove(missing)
        raise


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
