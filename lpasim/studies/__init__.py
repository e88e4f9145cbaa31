"""Studies: many points of a design space, evaluated side by side, stored one by one, and put into a table.

>>> from lpasim import studies
>>> study = studies.sweep("resnet18", {"array.rows": [8, 16]}, name="rows")  # doctest: +SKIP
>>> found = studies.explore("resnet18", {"array.rows": range(4, 65)}, trials=30)  # doctest: +SKIP
>>> studies.load("rows")[["array.rows", "latency_ms"]]  # doctest: +SKIP
"""

from __future__ import annotations

from lpasim.studies.explorations import explore
from lpasim.studies.saved import load
from lpasim.studies.sweeps import sweep

__all__ = ["explore", "load", "sweep"]
