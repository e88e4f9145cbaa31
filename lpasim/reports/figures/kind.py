"""One kind of figure: what it shows, what it is made from, its data, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lpasim.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page

Takes = Literal["run", "runs", "study"]


class UnsuitedError(ResultsError):
    """A figure cannot show this run or study, whatever the options are."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of a figure; each kind looks at those that concern it.

    Attributes
    ----------
    x, y, z : str, optional
        Columns of a study: what is shown along both axes, and as a colour.
    baseline : str, optional
        Name of the run that others are divided by; the first one by default.
    assessment : Path, optional
        Folder of an assessment (``lpasim assess --out``).
    sensitivity : Path, optional
        What ``lpasim quantize --format json`` printed.
    """

    x: str | None = None
    y: str | None = None
    z: str | None = None
    baseline: str | None = None
    assessment: Path | None = None
    sensitivity: Path | None = None


NO_OPTIONS = Options()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure.

    Attributes
    ----------
    name : str
        What it is chosen by, and what its files are named.
    shows : str
        In a few words.
    takes : str
        "run", "runs" (several of them) or "study".
    data : callable
        Takes the source and `Options`; returns all that is drawn, which is also written as CSV.
    draw : callable
        Takes an empty figure, the data and a `Page`. Whatever a user changes in the CSV file can be drawn again.
    height_in : callable
        Takes the data and a `Page`; returns the height that the figure needs [inch].
    needs : str
        The option without which it cannot be drawn; empty if there is none.
    """

    name: str
    shows: str
    takes: Takes
    data: Callable[[Any, Options], pd.DataFrame]
    draw: Callable[[Figure, pd.DataFrame, Page], None]
    height_in: Callable[[pd.DataFrame, Page], float]
    needs: str = ""
