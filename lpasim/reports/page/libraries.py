"""The two libraries that make the page, which the extra `page` brings."""

from __future__ import annotations

from importlib.metadata import distribution
from importlib.util import find_spec

from lpasim.errors import ResultsError

NEEDED = ("plotly", "jinja2")
HOW_TO_INSTALL = "in a checkout of lpasim: pip install '.[page]'"


def need_libraries() -> None:
    """Make sure that both are installed.

    Raises
    ------
    ResultsError
        If one is not.
    """
    for name in NEEDED:
        if find_spec(name) is None:
            raise ResultsError(f"{name} must be installed to make a page, got none; {HOW_TO_INSTALL}")


def plotly_source() -> str:
    """Return plotly.js as the Python package brings it."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("\r\n", "\n")


def plotly_licence() -> str:
    """Return the licence that copies of plotly.js must carry."""
    files = distribution("plotly").files or ()
    texts = sorted(file for file in files if file.name.startswith("LICENSE") and ".dist-info" in str(file))
    return texts[0].read_text() if texts else ""
