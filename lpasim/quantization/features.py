"""Features that a program computed and stored, such as the spectra of sounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable
from lpasim.quantization.archive import read_archive
from lpasim.quantization.preprocess import Preprocess

NAMES = ("features", "features_int8")
"""What their array may be called."""
_NUMBERS = "biuf"
"""Kinds of numbers, as NumPy calls them: flags, whole ones, and floating-point ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """One input of an archive, in the network's own shape; a leading axis of one channel may be missing."""

    kind: ClassVar[str] = "features"
    path: Path
    values: NDArray[Any]

    def prepare(self, rule: Preprocess) -> NDArray[np.float32]:
        """Return the network's input [1, ...].

        Raises
        ------
        NetworkError
            If the preprocessing is one for pictures, or of other channels, or a value is not finite.
        """
        where = f"(preprocess {rule.name}, {printable(self.path)})"
        for step, size in (("resize", rule.resize), ("shorter", rule.shorter), ("crop", rule.crop)):
            if size:
                raise NetworkError(f"{step} must be 0 for features, got {size} {where}")
        if rule.channels not in (1, self.values.shape[0]):
            raise NetworkError(f"features must have {rule.channels} channels, got shape {self.values.shape} {where}")
        with np.errstate(all="ignore"):
            result = rule.normalize(self.values)[None]
        if not np.isfinite(result).all():
            got = result[~np.isfinite(result)][0]
            raise NetworkError(f"prepared features must be finite, got {got} {where}")
        return result


def read_features(source: Path, name: str) -> list[Features]:
    """Read the features of an archive.

    Raises
    ------
    NetworkError
        If the array does not hold numbers, or nothing but one number an input.
    """
    found = read_archive(source, name)
    if found.dtype.kind not in _NUMBERS or found.ndim < 2 or 0 in found.shape[1:]:
        got = f"{found.dtype} {list(found.shape)} ({printable(source)})"
        raise NetworkError(f"{name} must be numbers [N, ...], got {got}")
    return [Features(source, values) for values in found]
