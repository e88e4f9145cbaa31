"""lpasim: a cycle-accurate simulator of LPA, an accelerator for networks quantized to logarithmic posits.

>>> import lpasim
>>> report = lpasim.simulate("resnet18")  # doctest: +SKIP
>>> report.summary["cycles"], report.layers  # doctest: +SKIP
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, without its import: the command line starts with this file
if TYPE_CHECKING:
    from typing import Any

    from lpasim.reports.report import Report
    from lpasim.reports.simulate import simulate

__version__ = "0.1.0"

__all__ = ["Report", "__version__", "simulate"]


def __getattr__(name: str) -> Any:
    """Import the parts of the interface that pull in numerical libraries only when they are asked for."""
    if name == "simulate":
        from lpasim.reports.simulate import simulate

        return simulate
    if name == "Report":
        from lpasim.reports.report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
