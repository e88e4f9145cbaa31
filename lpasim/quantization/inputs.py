"""The inputs of a network: pictures of a folder or an archive, or stored features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable
from lpasim.quantization import features, pictures
from lpasim.quantization.archive import archived_names, is_archive
from lpasim.quantization.preprocess import Preprocess

ARRAYS = (pictures.NAME, *features.NAMES)
"""What an archive may hold, exactly one of them."""


class Input(Protocol):
    """One input."""

    @property
    def kind(self) -> str:
        """What it is one of, for messages."""

    @property
    def path(self) -> Path:
        """The file that holds it."""

    def prepare(self, rule: Preprocess) -> NDArray[np.float32]:
        """Return the network's input, with a batch of 1 in front."""


def find_inputs(source: Path) -> Sequence[Input]:
    """List what a folder or an archive holds.

    Parameters
    ----------
    source : Path
        A folder of image files, taken in the order of their names, or an ``.npz`` file with `images`, uint8
        [N, H, W, 3] or, grey, [N, H, W], or with `features` (or `features_int8`) [N, ...] in the network's own input
        shape.

    Raises
    ------
    NetworkError
        If there are no inputs, or Pillow is needed and not installed.
    """
    found: Sequence[Input]
    if is_archive(source):
        found = _archived(source)
    elif source.is_dir():
        found = pictures.find_pictures(source)
    else:
        raise NetworkError(f"images must be a folder or an .npz file, got {str(source)!r}")
    if not found:
        kind = "an archive" if is_archive(source) else "a folder"
        raise NetworkError(f"images must be {kind} with at least one image, got none ({printable(source)})")
    return found


def prepare(item: Input, rule: Preprocess, expected: Sequence[int | str | None], model: object) -> NDArray[np.float32]:
    """Prepare an input, and refuse one whose shape is not the network's, where that is fixed.

    Parameters
    ----------
    item : Input
        The input.
    rule : Preprocess
        What is done to it.
    expected : sequence
        The network's input shape with a batch of 1, open sizes as names or None.
    model : object
        The network, for messages.

    Returns
    -------
    ndarray [1, ...]
        A channel axis that features lack, or have too much, is put right.

    Raises
    ------
    NetworkError
        If it cannot be read or prepared, or has another shape.
    """
    values = item.prepare(rule)
    if item.kind == features.Features.kind:
        if values.ndim == len(expected) - 1 and expected[1] == 1:
            values = values[:, None]
        elif values.ndim == len(expected) + 1 and values.shape[1] == 1:
            values = values[:, 0]
    fits = values.ndim == len(expected) and all(
        size == want for size, want in zip(values.shape, expected, strict=True) if isinstance(want, int)
    )
    if not fits:
        wanted = "x".join(str(size or "?") for size in expected)
        shape = "x".join(str(size) for size in values.shape)
        where = f"{printable(item.path)}, preprocess {rule.name}, {printable(str(model))}"
        raise NetworkError(f"network expects {wanted}, got {item.kind} of {shape} ({where}); {pictures.HOW_TO_CHOOSE}")
    return values


def _archived(source: Path) -> Sequence[Input]:
    names = archived_names(source)
    found = [name for name in ARRAYS if name in names]
    if len(found) != 1:
        got = ", ".join(found or names) or "nothing"
        raise NetworkError(f"image archive must hold one of {', '.join(ARRAYS)}, got {got} ({printable(source)})")
    return pictures.read_pictures(source) if found == [pictures.NAME] else features.read_features(source, found[0])
