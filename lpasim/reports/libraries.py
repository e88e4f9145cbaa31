"""The libraries that lpasim runs on, as their distributions are named."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from lpasim import __version__

NUMERICAL = ("numpy", "simpy", "pydantic", "pyyaml", "pyarrow")
"""What a run's numbers and files may depend on."""
FIGURES = ("numpy", "onnx", "onnxruntime", "matplotlib")
"""What an assessment and its figure may depend on."""
INFERENCE = ("numpy", "onnx", "pillow", "pydantic", "pyyaml")
"""What the numbers and files of an inference may depend on."""
REQUIRED = (*NUMERICAL, "onnx", "safetensors", "threadpoolctl", "pandas", "matplotlib", "typer", "rich")
"""What an installation must have."""
EXTRAS = {
    "calibrate": (("onnxruntime", "pillow"), "images"),
    "dask": (("distributed",), "sweeps on a cluster"),
    "explore": (("optuna",), "lpasim explore"),
    "page": (("plotly", "jinja2"), "lpasim report"),
}
"""Extra -> the distributions that it adds, and what they are for."""


def installed_version(name: str) -> str | None:
    """Return the version of a distribution, or None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the versions of lpasim, of Python and of distributions."""
    own = {"lpasim": __version__, "python": platform.python_version()}
    return {**own, **{name: installed_version(name) for name in names}}
