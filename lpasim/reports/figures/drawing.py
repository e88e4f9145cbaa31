"""From results to figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpasim.errors import ResultsError
from lpasim.reports.figures.kind import NO_OPTIONS, Kind, Options, Takes
from lpasim.reports.figures.registry import KINDS
from lpasim.reports.figures.style import STYLES, Page, Style, Width
from lpasim.reports.report import Report
from lpasim.reports.saved_run import SavedRun, is_run, no_results, read_run
from lpasim.reports.study_folder import Study, is_study, read_study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Source = SavedRun | Study | tuple[SavedRun, ...]
"""What figures are made of: a run, a study, or several runs."""
Given = str | Path | Report | SavedRun | Study


def plot(
    source: Given | Sequence[Given],
    kind: str,
    *,
    style: str | Style = STYLES[0],
    width: Width = "single",
    titled: bool = True,
    **options: Any,
) -> Figure:
    """Draw a figure, for a notebook or to change it further.

    Parameters
    ----------
    source : path, Report, SavedRun, Study, or several runs
        What is shown; a path is that of the folder of a run or a study.
    kind : str
        One of `KINDS` by its name: "latency", "pareto", ...
    style : str or Style
        "ieee", "acm", "slides", or a style of one's own.
    width : str
        "single" for one column of the page, "double" for both.
    titled : bool
        Whether it has a title.
    **options
        Those of `Options`: x, y, z, baseline, assessment, sensitivity.

    Returns
    -------
    matplotlib.figure.Figure
        `lpasim.reports.figures.encode` makes a file of it.

    Raises
    ------
    ResultsError
        If the source cannot be read, or the kind does not fit it.

    Examples
    --------
    >>> figure = plot("results/resnet18-lpa-1f1e7c5e", "latency", style="acm")  # doctest: +SKIP
    >>> figure.axes[0].set_ylabel("time (ms)")  # doctest: +SKIP
    """
    found = find_kind(kind)
    look = style if isinstance(style, Style) else find_style(style)
    return draw(found, data_of(found, source_of(source), Options(**options)), Page(look, width, titled))


def draw(kind: Kind, data: pd.DataFrame, page: Page) -> Figure:
    """Draw the data of a figure: that of `data_of`, or what a user made of its CSV file.

    Returns
    -------
    matplotlib.figure.Figure
        It is none of pyplot's: nothing need be closed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height_in = max(page.style.height_in or 0.0, kind.height_in(data, page))
    with page.settings():
        figure = Figure(figsize=(page.width_in, height_in), layout="constrained")
        FigureCanvasAgg(figure)
        kind.draw(figure, data, page)
        figure.draw_without_rendering()  # makes the ticks, which take the settings of that moment
    return figure


def data_of(kind: Kind, source: Source, options: Options = NO_OPTIONS) -> pd.DataFrame:
    """Return what a figure shows.

    Raises
    ------
    ResultsError
        If the kind does not fit the source.
    """
    if takes_of(source) != kind.takes:
        wanted = {"run": "one run", "runs": "several runs", "study": "one study"}
        raise ResultsError(f"{kind.name} must have {wanted[kind.takes]}, got {wanted[takes_of(source)]}")
    return kind.data(source, options)


def source_of(given: Given | Sequence[Given]) -> Source:
    """Read what figures are made of.

    Raises
    ------
    ResultsError
        If something is the folder of neither a run nor a study, or a study is given beside others.
    """
    if isinstance(given, str | Path | Report | SavedRun | Study):
        return _read(given)
    sources = [_read(each) for each in given]
    if len(sources) == 1:
        return sources[0]
    runs = tuple(source for source in sources if isinstance(source, SavedRun))
    if not sources or len(runs) < len(sources):
        what = f"a study among {len(sources)} folders" if sources else "nothing"
        raise ResultsError(f"figures must be made of one run, several runs, or one study, got {what}")
    return runs


def takes_of(source: Source) -> Takes:
    """Return which kinds fit a source."""
    if isinstance(source, Study):
        return "study"
    return "run" if isinstance(source, SavedRun) else "runs"


def find_kind(name: str) -> Kind:
    """Return a kind by its name.

    Raises
    ------
    ResultsError
        If there is none.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise ResultsError(f"kind must be one of {', '.join(kind.name for kind in KINDS)}, got {name!r}")


def find_style(name: str) -> Style:
    """Return a style by its name.

    Raises
    ------
    ResultsError
        If there is none.
    """
    for style in STYLES:
        if style.name == name:
            return style
    raise ResultsError(f"style must be one of {', '.join(style.name for style in STYLES)}, got {name!r}")


def _read(given: Given) -> SavedRun | Study:
    if isinstance(given, SavedRun | Study):
        return given
    if isinstance(given, Report):
        return SavedRun.of(given)
    path = Path(given)
    if is_study(path):
        return read_study(path)
    if is_run(path):
        return read_run(path)
    raise no_results(path)
