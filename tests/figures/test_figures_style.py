"""The look of figures: sizes, fonts, colours that grey print and colour-blind readers tell apart, and settings."""

from __future__ import annotations

from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
from figure_cases import source

from lpasim.reports.figures.drawing import data_of, draw, find_kind, plot
from lpasim.reports.figures.layer_stack import LOOKS
from lpasim.reports.figures.modes import places_of
from lpasim.reports.figures.style import MEDIUM_CONTRAST, STYLES, Page, encode

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""sRGB to XYZ under D65, IEC 61966-2-1."""
WHITE = TO_XYZ.sum(axis=1)
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""What dichromats see of linear sRGB. G. Machado et al., "A Physiologically-based Model for Simulation of Color Vision
Deficiency", IEEE TVCG 15(6), 2009."""


def lab(colour: str, sight: str = "normal") -> np.ndarray:
    """Return a colour in CIELAB, as somebody sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(TO_XYZ @ np.clip(np.array(SIGHTS[sight]) @ linear, 1e-4, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_lightness_steps():
    steps = sorted(lab(colour)[0] for colour in MEDIUM_CONTRAST)
    assert all(after - before > 9 for before, after in pairwise(steps))


def test_parts_that_touch_differ_in_lightness_or_hatch():
    for lower, upper in pairwise(LOOKS):
        apart = abs(lab(lower["facecolor"])[0] - lab(upper["facecolor"])[0])
        assert apart > 20 or lower["hatch"] != upper["hatch"]


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_differ_in_every_sight(sight):
    seen = [lab(colour, sight) for colour in MEDIUM_CONTRAST]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 20


@pytest.mark.parametrize(
    ("style", "width", "inches"),
    [("ieee", "single", 3.5), ("ieee", "double", 7.16), ("acm", "single", 3.33), ("acm", "double", 7.0)],
)
def test_widths(runs, style, width, inches):
    assert plot(runs["one"], "area", style=style, width=width).get_figwidth() == inches


def test_slides_have_the_shape_of_a_screen(runs, studies):
    for kind, name in (("latency", "long"), ("heatmap", "linked")):
        made_of = source(name, runs, studies)
        figure = draw(find_kind(kind), data_of(find_kind(kind), made_of), Page(STYLES[2]))
        assert tuple(figure.get_size_inches()) == (10.0, 5.6)


def test_settings_stay_as_they_are(runs):
    before = dict(mpl.rcParams)
    plot(runs["one"], "roofline", style="slides")
    assert dict(mpl.rcParams) == before


def test_a_users_settings_do_not_show(runs):
    expected = encode(plot(runs["one"], "roofline"), "svg", Page())
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "xtick.major.size": 20}):
        assert b"#ff0000" not in encode(plot(runs["one"], "roofline"), "svg", Page())
    assert encode(plot(runs["one"], "roofline"), "svg", Page()) == expected


def test_fonts_come_with_matplotlib():
    from matplotlib.font_manager import FontProperties, findfont

    for style in STYLES:
        for font in style.fonts:
            assert mpl.get_data_path() in findfont(FontProperties(family=font), fallback_to_default=False)


def test_a_mode_looks_the_same_whichever_others_there_are():
    all_of_lpa = places_of(["w2a4", "w2a8", "w4a4", "w4a8", "w8a4", "w8a8"])
    assert sorted(all_of_lpa.values()) == list(range(6))
    assert list(all_of_lpa) == ["w2a4", "w2a8", "w4a4", "w4a8", "w8a4", "w8a8"]
    for mode, place in all_of_lpa.items():
        assert places_of([mode, "w16a16"]) == {mode: place, "w16a16": 6}
