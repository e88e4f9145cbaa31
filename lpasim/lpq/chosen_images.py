"""Which images of a set are looked at: evenly spread ones, for sets are often sorted by what their images show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from lpasim.inference.images import LabelledImages

Take = Literal["spread", "first"]
"""Images evenly spread over the set, or its first ones."""
TAKES: tuple[Take, ...] = get_args(Take)
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of the golden ratio fall evenly into the unit interval, however many there are (D. E. Knuth, The Art of
Computer Programming, vol. 3, section 6.4, theorem S)."""


def chosen_places(total: int, count: int, take: Take) -> tuple[int, ...]:
    """Return the places of the images that are taken, in the order in which they are used.

    Evenly spread images come in an order in which the first few are evenly spread as well, since some steps look at few
    images only.

    >>> chosen_places(10, 4, "spread")
    (0, 5, 2, 7)
    """
    if take == "first" or count >= total:
        return tuple(range(min(count, total)))
    parts = np.arange(total) * GOLDEN % 1.0
    return tuple(int(place) for place in np.argsort(parts, kind="stable")[:count])


def picked(images: LabelledImages, places: Sequence[int]) -> LabelledImages:
    """Return the images at some places, in their order."""
    labels = None if images.labels is None else images.labels[list(places)]
    label_places = tuple(images.label_places[place] for place in places) if images.label_places else ()
    return replace(
        images, inputs=tuple(images.inputs[place] for place in places), labels=labels, label_places=label_places
    )
