"""Which colour stands for what. Colours are names; `template/style.css` says what they are in light and in dark.

References
----------
The hues are those of M. Okabe and K. Ito, "Color Universal Design", 2008, darker or lighter where two of them, or one
and the background, would look alike: yellow is a brown on white.
"""

from __future__ import annotations

from lpasim.reports.statistics import AREA_COMPONENTS, COMPONENTS, STALL_CAUSES
from lpasim.simulation.result import ENGINES

SERIES = ("blue", "orange", "green", "vermilion", "purple", "sky", "yellow", "grey", "ink")
"""In the order in which they are given out; neighbours differ in lightness, too."""
CAUSE_COLOURS = dict(zip(STALL_CAUSES, ("orange", "sky", "purple", "green", "vermilion"), strict=True))
_PARTS = ("blue", "yellow", "ink", "vermilion", "purple", "sky", "green", "orange", "grey")
COMPONENT_COLOURS = dict(zip(COMPONENTS, _PARTS, strict=True))
AREA_COLOURS = {name: COMPONENT_COLOURS[name] for name in AREA_COMPONENTS}
ENGINE_COLOURS = dict(zip(ENGINES, ("blue", "orange", "green", "purple"), strict=True))
