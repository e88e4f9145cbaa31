"""One scale factor for each output channel: as large as brings all channels of a layer to one size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.subject import Subject, Weighted

REACH = 8.0
"""Most octaves that a channel is scaled by; only dead channels lie further out (assumption)."""
STEP = 1 / 256
"""Step of a factor [log2 units], that of every fitted scale factor."""


def channel_factors(subject: Subject) -> dict[str, NDArray[np.float64]]:
    """Return what the weights of each output channel are multiplied with [channels], by layer.

    Layers whose channels have no axis of their own, and those with one channel, get none.
    """
    layers = (layer for layer in subject.layers if layer.arrangement.take is not None)
    found = {layer.name: _factors(layer) for layer in layers}
    return {name: factors for name, factors in found.items() if (factors != 1).any()}


def _factors(layer: Weighted) -> NDArray[np.float64]:
    """Bring the root mean square of each channel to that of the median one."""
    sizes = np.sqrt(np.square(layer.matrices).mean(axis=2)).reshape(-1)
    alive = sizes > 0
    if not alive.any():
        return np.ones_like(sizes)
    octaves = np.zeros_like(sizes)
    octaves[alive] = np.log2(np.median(sizes[alive]) / sizes[alive])
    return np.asarray(2.0 ** (np.round(np.clip(octaves, -REACH, REACH) / STEP) * STEP))
