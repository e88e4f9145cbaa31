"""What a page needs besides what makes a folder that of a run or a study: its sections, and a point to show."""

from __future__ import annotations

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.page.sections import ReportSections, StudySections, read_sections
from lpasim.reports.saved_run import REPORT_FILE, SavedRun
from lpasim.reports.study_folder import MARK, Study


def check_run(run: SavedRun) -> ReportSections:
    """Return what is no table of a report.

    Raises
    ------
    ResultsError
        If a value is of another kind.
    """
    return read_sections(ReportSections, run.report, printable(run.path / REPORT_FILE))


def check_study(study: Study) -> StudySections:
    """Return what is no table of a study.

    Raises
    ------
    ResultsError
        If a value is of another kind, or no point has results.
    """
    if study.done.empty:
        raise ResultsError(f"study must have a point with results, got none ({printable(study.path)})")
    return read_sections(StudySections, study.description, printable(study.path / MARK))
