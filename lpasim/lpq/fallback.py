"""A bound on what quantization may cost: bits are raised where they hurt most, until it holds.

References
----------
The bound follows the practice of mixed precision by sensitivity, for instance Z. Dong et al., "HAWQ: Hessian AWare
Quantization of Neural Networks with Mixed-Precision", ICCV 2019, arXiv 1905.03696; the measure here is another: the
answers that change when one tensor alone is left in floating point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RAISED = 0.1
"""Part of all tensors that are raised at a time, at least one (assumption: few enough to stay near the bound, many
enough to come to an end soon)."""


@dataclass(frozen=True)
class Check:
    """What answers are compared with.

    Attributes
    ----------
    exact : ndarray [N, classes]
        Answers of the network in floating point.
    labels : ndarray [N] or None
        The right classes, where they are known.
    """

    exact: NDArray[Any]
    labels: NDArray[np.int64] | None

    def drop(self, answers: NDArray[Any]) -> float:
        """Return the points of accuracy that are lost, or, without labels, the points of answers that change."""
        top, wanted = answers.argmax(axis=1), self.exact.argmax(axis=1)
        if self.labels is None:
            return 100.0 * float((top != wanted).mean())
        return 100.0 * float((wanted == self.labels).mean() - (top == self.labels).mean())

    @property
    def what(self) -> str:
        """What `drop` is a drop of."""
        return "agreement with floating point" if self.labels is None else "top-1 accuracy"

    @property
    def why(self) -> str:
        """Why `drop` is a drop of that."""
        return f"the images have {'no ' if self.labels is None else ''}labels"


@dataclass(frozen=True, slots=True)
class Held:
    """A bound that holds.

    Attributes
    ----------
    what, why : str
        What it is a bound of, and why of that.
    points : float
        The most that it may drop [percentage points].
    drop : float
        How much it drops.
    """

    what: str
    why: str
    points: float
    drop: float

    def describe(self) -> str:
        """Return all that in words."""
        return f"{self.what} ({self.why}) drops by {self.drop:.4g} points, at most {self.points:g}"


@dataclass(frozen=True, slots=True)
class Target:
    """What bits can be raised of: a layer's weights, or a tensor; their names may be the same."""

    operand: Literal["weights", "activations"]
    name: str

    def __str__(self) -> str:
        return f"{self.operand} of {self.name}"


def most_harmful(harm: Mapping[Target, float], raisable: Sequence[Target]) -> list[Target]:
    """Return what is raised next: what does most harm of what can be raised."""
    count = max(1, round(RAISED * len(harm)))
    return sorted(raisable, key=lambda target: -harm[target])[:count]
