"""What every layer must give: the products computed directly, without tiles or addresses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpasim.mapping.schedule import LayerSchedule
from lpasim.quantization.trace import Gemm, Window
from lpasim.simulation.stepped.memory import MODULUS, Tensors
from lpasim.simulation.stepped.result import Words


def expected_results(schedule: Sequence[LayerSchedule], tensors: Sequence[Tensors], memory: Words) -> list[Words]:
    """Compute every layer's result words from a memory that holds the constants."""
    values = memory.copy()
    results = []
    for layer, place in zip(schedule, tensors, strict=True):
        inputs, weights = values[place.inputs], values[place.weights]
        gemm, window = layer.layer.gemm, layer.layer.window
        if gemm is None:
            sums = inputs
        else:
            sums = matrix_product(gemm, inputs, weights) if window is None else convolution(window, inputs, weights)
        if place.operand is not None:
            sums = sums + values[place.operand]
        results.append(sums % MODULUS)
        values[place.outputs] = results[-1]
    return results


def matrix_product(gemm: Gemm, inputs: Words, weights: Words) -> Words:
    """Return `count` products, [count, m, n] flattened."""
    left = inputs.reshape(gemm.count, gemm.m, gemm.k)
    return (left @ weights.reshape(gemm.count, gemm.k, gemm.n)).ravel()


def convolution(window: Window, inputs: Words, weights: Words) -> Words:
    """Return a convolution, [batch, out_channels, out_height, out_width] flattened; weights are [group, k, n]."""
    w, groups = window, window.groups
    images = inputs.reshape(w.batch, groups, w.in_channels // groups, w.in_height, w.in_width)
    top, left, bottom, right = w.pads
    images = np.pad(images, ((0, 0), (0, 0), (0, 0), (top, bottom), (left, right)))
    kernel = weights.reshape(groups, w.in_channels // groups, *w.kernel, w.out_channels // groups)
    sums = np.zeros((w.batch, groups, w.out_channels // groups, w.out_height, w.out_width), np.int64)
    for row in range(w.kernel[0]):
        for col in range(w.kernel[1]):
            y, x = row * w.dilation[0], col * w.dilation[1]
            seen = images[
                ...,
                y : y + (w.out_height - 1) * w.stride[0] + 1 : w.stride[0],
                x : x + (w.out_width - 1) * w.stride[1] + 1 : w.stride[1],
            ]
            sums += np.einsum("bgchw,gcn->bgnhw", seen, kernel[:, :, row, col])
    return sums.ravel()
