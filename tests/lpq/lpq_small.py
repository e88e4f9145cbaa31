"""A network that takes no time to quantize, with images, and options for a short search."""

from __future__ import annotations

import numpy as np
from lpq_graphs import drawn, model, node

PLAN = ("--preprocess", "raw", "--population", "3", "--passes", "1", "--newcomers", "1")


def small_network(**replaced):
    """Return a network of colour images of 8 x 8 with a convolution and a classifier of 4 classes."""
    weights = {"u": drawn(6, 3, 3, 3), "b": drawn(6), "v": drawn(6, 4), **replaced}
    nodes = [
        node("Conv", "x u b", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("GlobalAveragePool", "r", "p"),
        node("Flatten", "p", "f"),
        node("MatMul", "f v", "y"),
    ]
    return model(nodes, {"x": ["N", 3, 8, 8]}, "y", weights)


def small_images(count=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
