"""Settings of the whole suite: hypothesis is deterministic, and never judges by wall time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("lpasim", deadline=None, derandomize=True, database=None)
settings.load_profile("lpasim")
