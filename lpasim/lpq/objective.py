"""Objectives: how far a quantized network's representations are from the float network's, and fitness.

References
----------
A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for Efficient
DNN Inference", DAC 2024, arXiv 2403.05465v2 (the global-local contrastive objective and the product L_CO * L_CR^lambda;
pooling, temperature, lambda and the form of L_CR are not published, so that those here are assumptions).
N. Frumkin, D. Gope and D. Marculescu, "Jumping through Local Minima: Quantization in the Loss Landscape of Vision
Transformers", ICCV 2023, arXiv 2308.10814 (Evol-Q: the global contrastive objective).
A. van den Oord, Y. Li and O. Vinyals, "Representation Learning with Contrastive Predictive Coding", arXiv 1807.03748
(InfoNCE).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError

Objective = Literal["global-local-contrastive", "global-contrastive", "kl", "mse"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
TEMPERATURES: Mapping[str, float] = {"global-local-contrastive": 0.1, "global-contrastive": 3.0}
"""Temperatures T: an assumption, and Evol-Q's."""
GLOBAL_TEMPERATURE = 2.0
"""Temperature of the answers' part of the global-local objective, in units of T, which is that of the layers' part:
answers are more alike (assumption, from an ablation)."""
SAME = 1e-6
"""A layer whose vectors differ among images by less than this part of their norm tells no images apart."""
FULL_BITS = 8.0
"""Bits that compression is relative to: the widest words of the hardware."""


class Reference:
    """The float network's representations of some images; everything about them is computed once.

    Parameters
    ----------
    objective : Objective
        "global-local-contrastive" compares the logits and all layers: it is the mean of InfoNCE of the logits as they
        are, at the temperature `GLOBAL_TEMPERATURE` * T, and InfoNCE of the layers, standardized and side by side, at
        T. The others look at the logits alone: "global-contrastive" is Evol-Q's 2 T times InfoNCE at T.
    layers : sequence of ndarray [B, d]
        Pooled vectors of each layer; d differs among layers. Only the global-local objective looks at them.
    logits : ndarray [B, ...]
        The network's output; what follows the first dimension is taken as one row of classes.
    temperature : float, optional
        T of a contrastive objective; by default its own of `TEMPERATURES`.

    Raises
    ------
    SearchError
        If the objective is unknown, there are fewer than two images, a temperature is not positive and finite, a value
        is not finite, or no layer tells two images apart.
    """

    def __init__(
        self,
        objective: Objective,
        layers: Sequence[NDArray[Any]],
        logits: NDArray[Any],
        temperature: float | None = None,
    ) -> None:
        if objective not in OBJECTIVES:
            raise SearchError(f"objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}")
        if len(logits) < 2:
            raise SearchError(f"images must be at least 2, for the objective contrasts them, got {len(logits)}")
        self.objective = objective
        self.temperature = TEMPERATURES.get(objective, 1.0) if temperature is None else temperature
        check_temperature(self.temperature)
        self._logits = _rows(logits)
        if not all(np.isfinite(values).all() for values in (*layers, logits)):
            raise SearchError("float network's values must be finite, got some that are not (objective)")
        if objective == "global-local-contrastive":
            self._means = [layer.mean(axis=0, dtype=np.float64) for layer in layers]
            self._spreads = [_spread(layer, mean) for layer, mean in zip(layers, self._means, strict=True)]
            if not any(self._spreads):
                raise SearchError("images must differ in some layer's representation, got the same in all (objective)")
            self._inside = _units(self._joined(layers))
            self._anchors = _units(self._logits)
        elif objective == "global-contrastive":
            self._anchors = _units(self._logits)

    def score(self, layers: Sequence[NDArray[Any]], logits: NDArray[Any]) -> float:
        """Return the objective of a quantized network's representations of the same images; lower is better.

        Contrastive objectives are above 0, the others at least 0. Values that are not finite give infinity.
        """
        joint = self.objective == "global-local-contrastive"
        compared = _rows(logits)
        if not all(np.isfinite(values).all() for values in (compared, *(layers if joint else ()))):
            return float("inf")
        if self.objective == "mse":
            return float(np.square(compared - self._logits).mean())
        if self.objective == "kl":
            return divergence(self._logits, compared)
        answers = _units(compared)
        if not joint:
            return 2 * self.temperature * info_nce(answers, self._anchors, self.temperature)  # Evol-Q's factor
        inside = info_nce(_units(self._joined(layers)), self._inside, self.temperature)
        return (info_nce(answers, self._anchors, GLOBAL_TEMPERATURE * self.temperature) + inside) / 2

    def _joined(self, layers: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Concatenate all layers [B, D] after standardization by the float network's statistics.

        From each layer its mean over the images is taken, and it is divided by the root mean square of what is left, so
        that every layer has the same say. Layers that are the same for all images have none.
        """
        stated = zip(layers, self._means, self._spreads, strict=True)
        parts = [(layer - mean) / spread for layer, mean, spread in stated if spread]
        return np.concatenate(parts, axis=1)


def tells_apart(layers: Sequence[NDArray[Any]]) -> bool:
    """Tell whether the pooled vectors [B, d] of any layer differ among images."""
    return any(_spread(layer, layer.mean(axis=0, dtype=np.float64)) for layer in layers)


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that similarities cannot be divided by.

    Raises
    ------
    SearchError
        If it is not positive and finite.
    """
    if not 0 < temperature < np.inf:
        raise SearchError(f"temperature must be above 0 and finite, got {temperature:g} (objective)")


def info_nce(queries: NDArray[np.float64], anchors: NDArray[np.float64], temperature: float) -> float:
    """Return the mean over images of the cross-entropy of finding each query's own anchor among all.

    Parameters
    ----------
    queries, anchors : ndarray [B, D]
        Unit vectors of the same images.
    temperature : float
        What similarities are divided by.
    """
    similarities = queries @ anchors.T / temperature
    gaps = similarities - np.diagonal(similarities)[:, None]
    np.fill_diagonal(gaps, -np.inf)
    # log(1 + sum exp(gap)) rather than a difference of two large terms: it stays exact, and above 0, near its minimum.
    return float(np.logaddexp(0.0, np.logaddexp.reduce(gaps, axis=1)).mean())


def divergence(reference: NDArray[np.float64], logits: NDArray[np.float64]) -> float:
    """Return the mean over images of the Kullback-Leibler divergence of softmaxed logits from the reference's [nat]."""
    expected, got = (values - np.logaddexp.reduce(values, axis=1, keepdims=True) for values in (reference, logits))
    return max(float((np.exp(expected) * (expected - got)).sum(axis=1).mean()), 0.0)


def compression(weight_average_bits: float, activation_average_bits: float) -> float:
    """Return L_CR: the mean of a weight's and an activation's average bits, relative to 8 bits."""
    return (weight_average_bits + activation_average_bits) / 2 / FULL_BITS


def fitness(contrast: float, compression: float, lam: float) -> float:
    """Return L_F = L_CO * L_CR^lambda; lower is better."""
    return float(contrast * compression**lam)


def _spread(layer: NDArray[Any], mean: NDArray[np.float64]) -> float:
    """Return the root mean square distance of vectors [B, d] from their mean; 0 where it is but rounding."""
    spread = float(np.sqrt(np.square(layer - mean).sum(axis=1).mean()))
    return spread if spread > SAME * float(np.linalg.norm(mean)) else 0.0


def _rows(values: NDArray[Any]) -> NDArray[np.float64]:
    return values.reshape(len(values), -1).astype(np.float64)


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float64] = vectors / np.where(norms > 0, norms, 1.0)
    return units
