"""The libraries that lpasim runs on, as their distributions are named."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

NUMERICAL = ("numpy", "simpy", "pydantic", "pyyaml", "pyarrow")
"""What a run's numbers and files may depend on."""
REQUIRED = (*NUMERICAL, "onnx", "safetensors", "pandas", "typer", "rich")
"""What an installation must have."""
OPTIONAL = ("onnxruntime", "pillow")
"""What the extra `calibrate` adds."""


def installed_version(name: str) -> str | None:
    """Return the version of a distribution, or None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
