"""The page of a folder, whichever kind it is."""

from __future__ import annotations

from pathlib import Path

from lpasim.reports.page.document import render
from lpasim.reports.page.libraries import need_libraries
from lpasim.reports.page.run_page import run_page
from lpasim.reports.page.study_page import study_page
from lpasim.reports.saved_run import is_run, no_results, read_run
from lpasim.reports.study_folder import is_study, read_study


def page_of(folder: Path) -> bytes:
    """Return the page of a run or of a study as one HTML file.

    Parameters
    ----------
    folder : Path
        What ``lpasim run`` or ``lpasim sweep`` wrote.

    Raises
    ------
    ResultsError, HardwareError
        If it is neither, a file of it is missing or malformed, or Plotly or Jinja2 is not installed.
    """
    need_libraries()
    if is_study(folder):
        return render(study_page(read_study(folder)))
    if is_run(folder):
        return render(run_page(read_run(folder)))
    raise no_results(folder)
