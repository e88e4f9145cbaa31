"""What is counted while a network runs: right answers, agreement, and the power of signals and errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, log10, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray


def in_top(logits: NDArray[Any], labels: NDArray[np.int64], k: int) -> NDArray[np.bool_]:
    """Tell for each image whether its label is among the `k` largest logits.

    Of equal logits the one of the lower class counts as larger. NaN is never an answer, nor does it beat one.

    Parameters
    ----------
    logits : ndarray [N, classes]
    labels : ndarray [N]
        Each in 0..classes-1.
    k : int

    Returns
    -------
    ndarray [N]
    """
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    lower = np.arange(logits.shape[1]) < labels[:, None]
    ahead = (logits > own) | ((logits == own) & lower)
    found: NDArray[np.bool_] = (np.count_nonzero(ahead, axis=1) < k) & ~np.isnan(own[:, 0])
    return found


def answers(logits: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class [N] of the largest logit of each image, the lowest of equal ones; -1 where all are NaN."""
    unknown = np.isnan(logits)
    largest = np.where(unknown, -inf, logits).max(axis=1, keepdims=True)
    found = np.argmax((logits == largest) & ~unknown, axis=1)
    return np.where(unknown.all(axis=1), -1, found)


@dataclass(slots=True)
class Accuracy:
    """Counts over images. Without labels the right answers stay unknown."""

    images: int = 0
    labelled: int = 0
    right: int = 0
    right_of_five: int = 0
    agreeing: int = 0

    def add(self, logits: NDArray[Any], labels: NDArray[np.int64] | None, reference: NDArray[Any]) -> None:
        """Count a batch: `logits` and those of the network in floating point, `reference`, are [N, classes]."""
        ours = answers(logits)
        self.images += len(ours)
        self.agreeing += int(np.count_nonzero((ours == answers(reference)) & (ours >= 0)))
        if labels is not None:
            self.labelled += len(labels)
            self.right += int(np.count_nonzero(in_top(logits, labels, 1)))
            self.right_of_five += int(np.count_nonzero(in_top(logits, labels, 5)))

    @property
    def top1(self) -> float | None:
        """Share of the labelled images whose label is the answer."""
        return self.right / self.labelled if self.labelled else None

    @property
    def top5(self) -> float | None:
        """Share of the labelled images whose label is among the five largest logits."""
        return self.right_of_five / self.labelled if self.labelled else None

    @property
    def agreement(self) -> float | None:
        """Share of the images with the answer of the network in floating point."""
        return self.agreeing / self.images if self.images else None


@dataclass(slots=True)
class Powers:
    """Sums of squares over elements: of what floating point gives, and of the differences to it.

    An element that is NaN or infinite where floating point is finite makes the error infinite. Elements that are
    infinite in floating point are left out; one that is NaN there makes signal and ratio unknown, that is NaN.
    """

    elements: int = 0
    signal: float = 0.0
    error: float = 0.0

    def add(self, reference: NDArray[Any], values: NDArray[Any]) -> None:
        """Add a batch of a tensor; both arrays have one shape."""
        exact, ours = reference.reshape(-1).astype(np.float64), values.reshape(-1).astype(np.float64)
        finite = np.isfinite(exact)
        if not finite.all():
            if np.isnan(exact).any():
                self.signal = nan
            exact, ours = exact[finite], ours[finite]
        self.elements += exact.size
        self.signal += float(exact @ exact)
        with np.errstate(invalid="ignore", over="ignore"):
            ours -= exact
            error = float(ours @ ours)
        self.error += inf if isnan(error) else error

    def merge(self, other: Powers) -> None:
        """Add what another tensor has."""
        self.elements += other.elements
        self.signal += other.signal
        self.error += other.error

    @property
    def sqnr_db(self) -> float:
        """Signal-to-quantization-noise ratio [dB]: infinite without error, NaN without a signal or a known one."""
        if self.signal == 0 or isnan(self.signal):
            return nan
        if self.error == 0:
            return inf
        return -inf if self.error == inf else 10 * (log10(self.signal) - log10(self.error))
