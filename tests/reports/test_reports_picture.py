"""The README's picture shows what the program prints today."""

from __future__ import annotations

import html
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def words(svg: str) -> list[str]:
    text = " ".join(html.unescape(part) for part in re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    return text.replace("\xa0", " ").split()


def test_the_picture_is_the_real_output():
    """Run ``python -m docs.images.draw`` where this fails after a change of the numbers."""
    spec = spec_from_file_location("draw", IMAGES / "draw.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    shown = (IMAGES / "resnet18.svg").read_text(encoding="utf-8")
    assert words(shown) == words(module.draw())
    assert "layer4.1.conv2" in words(shown)
