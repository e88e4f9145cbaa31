"""The first run in floating point: what no search can mend is refused there, with the file that it comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError, SearchError
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.objective import tells_apart
from lpasim.lpq.pooling import pooled
from lpasim.lpq.subject import Subject
from lpasim.networks.printable import printable


def check_float_run(subject: Subject, images: NDArray[np.float32], team: Team, source: str) -> None:
    """Run a network in float32, and refuse one whose representations tell nothing.

    Parameters
    ----------
    images : ndarray [N, ...]
        Those that candidates are scored on.
    source : str
        Where the images are from, for messages.

    Raises
    ------
    NetworkError
        If all weights are zero, or values that a layer stores, or answers, are not finite.
    SearchError
        If all images are alike, or are to every layer.
    """
    file = printable(str(subject.path))
    if not any(layer.operand.any() for layer in subject.layers):
        raise NetworkError(f"weights must not all be zero, got zeros in all {len(subject.layers)} layers ({file})")
    if (images == images[0]).all():
        raise SearchError(f"images must differ, for the objective tells them apart, got {len(images)} alike ({source})")
    parts = team.map(lambda part: _pooled(subject, part), parts_of(images, subject))
    names = list(parts[0])
    pools = {name: np.concatenate([part[name] for part in parts]) for name in names}
    for name in names:
        bad = int(np.count_nonzero(~np.isfinite(pools[name]).all(axis=1)))
        if bad:
            rule = "values in float32 must be finite, got NaN or infinite ones"
            where = f"tensor {printable(name)}, {bad} of {len(images)} images of {source}"
            raise NetworkError(f"{rule} ({where}, {file})")
    if not tells_apart([pools[name] for name in subject.representations]):
        rule = "network must tell images apart, got the same from every layer for all"
        raise SearchError(f"{rule} ({len(images)} images of {source}, {file})")


def _pooled(subject: Subject, part: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """Run a part of the images, and return the means of what is compared, in the order in which it is made."""
    wanted = {*subject.representations, subject.output}
    found: dict[str, NDArray[np.float64]] = {}

    def stored(name: str, values: NDArray[Any]) -> NDArray[Any]:
        if name in wanted:
            found[name] = pooled(values, "mean")
        return values

    subject.executor(len(part)).run({subject.input: part}, stored=stored)
    return found
