"""Colours can be told apart, by most eyes and in both schemes, and texts can be read.

References
----------
G. Machado, M. Oliveira and L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
IEEE Transactions on Visualization and Computer Graphics 15(6), 2009 (matrices of severity 1).
W3C, "Web Content Accessibility Guidelines 2.2", 1.4.3 and 1.4.11.
"""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from lpasim.reports.page import palette

VISION = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
FAR_APART = 12
"""Distance in CIELAB at which colours of areas are told apart without effort; 2.3 can just be seen."""


def schemes() -> dict[str, dict[str, str]]:
    style = files("lpasim.reports.page").joinpath("template", "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for name, block in zip(("light", "dark"), blocks, strict=True)
    }


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    x, y, z = (TO_XYZ @ np.clip(light, 0, 1)) / WHITE
    x, y, z = (np.cbrt(each) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(linear(each) @ TO_XYZ[1]) for each in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_colours_of_series_differ(scheme, vision):
    colours = schemes()[scheme]
    seen = {name: lab(np.array(VISION[vision]) @ linear(colours[name])) for name in palette.SERIES}
    near = [pair for pair in combinations(seen, 2) if np.linalg.norm(seen[pair[0]] - seen[pair[1]]) < FAR_APART]
    assert near == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["text", "soft", "accent"])
@pytest.mark.parametrize("ground", ["page", "panel", "mark-back"])
def test_texts_stand_out(scheme, text, ground):
    colours = schemes()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_controls_stand_out(scheme):
    colours = schemes()[scheme]
    assert contrast(colours["mark"], colours["mark-back"]) >= 4.5
    assert contrast(colours["control"], colours["page"]) >= 3
    assert all(contrast(colours[name], colours["page"]) > 2 for name in palette.SERIES)


def test_every_colour_that_is_given_out_is_defined_in_both_schemes():
    tables = (palette.CAUSE_COLOURS, palette.COMPONENT_COLOURS, palette.AREA_COLOURS, palette.ENGINE_COLOURS)
    names = {*palette.SERIES, *(name for table in tables for name in table.values()), "busy"}
    assert all(names <= colours.keys() for colours in schemes().values())
    assert all(len(set(table.values())) == len(table) for table in tables)
