"""The images of a request: those that formats are fitted to, and others on which answers are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError
from lpasim.inference.images import LabelledImages, read_images
from lpasim.lpq.chosen_images import chosen_places, picked
from lpasim.lpq.plan import PROBE_IMAGES
from lpasim.lpq.quantize import FEWEST_IMAGES
from lpasim.lpq.request import Request
from lpasim.lpq.subject import Subject
from lpasim.networks.printable import file_name, printable
from lpasim.quantization.preprocess import Preprocess


def calibration_images(request: Request, rule: Preprocess) -> tuple[LabelledImages, tuple[int, ...]]:
    """Find the images of the calibration, and which of them are taken.

    Raises
    ------
    NetworkError
        If images or labels cannot be read.
    SearchError
        If there are too few to tell apart.
    """
    calibration = request.calibration
    read = calibration.limit if request.take == "first" else None
    whole = read_images(calibration.images, request.labels, rule, read)
    places = chosen_places(len(whole), calibration.limit, request.take)
    if len(places) < FEWEST_IMAGES:
        limit = f" of a limit of {calibration.limit}" if calibration.limit < FEWEST_IMAGES else ""
        raise SearchError(
            f"images must be at least {FEWEST_IMAGES}, for the objective tells them apart, got {len(places)}{limit} "
            f"({printable(calibration.images)})"
        )
    return whole, places


def check_labels(request: Request, subject: Subject, found: LabelledImages, test: LabelledImages | None) -> None:
    """Refuse labels, and test images, that do not fit the network.

    Raises
    ------
    NetworkError
        If labels are missing or no class of the network, or test images have another shape.
    """
    classes = prod(subject.network.shape(subject.output)[1:])
    if request.plan.fallback is not None:
        found.check_labels(classes)
    if test is not None:
        test.check_labels(classes)
        next(test.batches(1, subject.image_shape, subject.path))


def other_images(request: Request, rule: Preprocess, calibrated: Sequence[int]) -> LabelledImages | None:
    """Find the images on which answers are counted; those of the same set that formats are fitted to are none.

    Raises
    ------
    NetworkError
        If images or labels cannot be read.
    SearchError
        If none are left.
    """
    if request.test is None:
        return None
    found = read_images(request.test, request.test_labels, rule)
    if not request.test.samefile(request.calibration.images):
        return found
    rest = sorted(set(range(len(found))) - set(calibrated))
    if not rest:
        rule_text = f"test images must be others than the {len(calibrated)} that formats are fitted to"
        raise SearchError(f"{rule_text}, got the same ({printable(request.test)})")
    return picked(found, rest)


def observed_in_words(request: Request, rule: Preprocess, taken: int, total: int) -> str:
    """Return in words the images that formats of activations are fitted to."""
    count = min(taken, PROBE_IMAGES)
    if request.take == "first" or taken == total:
        return replace(request.calibration, limit=count).describe(rule)
    return f"{count} images, evenly spread, of {file_name(request.calibration.images)}, {rule.describe()}"


def prepared_images(found: LabelledImages, subject: Subject) -> NDArray[np.float32]:
    """Return all images as the network takes them [N, ...].

    Raises
    ------
    NetworkError
        If one cannot be read, or has another shape.
    """
    (batch,) = found.batches(len(found), subject.image_shape, subject.path)
    return batch[0]
