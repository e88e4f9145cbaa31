"""Figures of runs and studies, as papers print them.

>>> from lpasim.reports import figures
>>> figure = figures.plot("results/resnet18-lpa-1f1e7c5e", "roofline")  # doctest: +SKIP
>>> content = figures.encode(figure, "pdf")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpasim.reports.figures.drawing import data_of, draw, find_kind, plot, source_of
    from lpasim.reports.figures.registry import KINDS
    from lpasim.reports.figures.style import STYLES, Page, Style, encode

__all__ = ["KINDS", "STYLES", "Page", "Style", "data_of", "draw", "encode", "find_kind", "plot", "source_of"]
_HOMES = {
    **dict.fromkeys(("data_of", "draw", "find_kind", "plot", "source_of"), "drawing"),
    **dict.fromkeys(("STYLES", "Page", "Style", "encode"), "style"),
    "KINDS": "registry",
}


def __getattr__(name: str) -> Any:
    """Import the parts of the interface when they are asked for: other figures need the style alone."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
