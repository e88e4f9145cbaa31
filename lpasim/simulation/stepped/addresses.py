"""The address generator: which word of each tensor a position, a K index and a channel stand for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lpasim.mapping.geometry import Block
from lpasim.quantization.trace import Layer, Window
from lpasim.simulation.stepped.result import Words

PADDING = -1
"""Address of a zero around a feature map."""

Range = tuple[int, int]


def ranges(whole: Range, step: int) -> list[Range]:
    """Cut a range into pieces of `step`, the last one shorter."""
    return list(pairwise([*range(whole[0], whole[1], step), whole[1]]))


def positions(block: Block) -> tuple[Words, Words, Words]:
    """Return image, row and column of the block's output positions, in streaming order."""
    grid = np.meshgrid(*(np.arange(*part) for part in (block.batch, block.rows, block.cols)), indexing="ij")
    return grid[0].ravel(), grid[1].ravel(), grid[2].ravel()


def input_words(layer: Layer, block: Block, group: int, k: Range) -> Words:
    """Return the input words that meet K indices `k` at the block's positions, [positions, k], with `PADDING`."""
    image, row, col = positions(block)
    depth = np.arange(*k)
    if layer.window is not None:
        return _im2col(layer.window, group, (image, row, col), depth)
    if layer.gemm is None:
        return row[:, None]
    return (group * layer.gemm.m + row[:, None]) * layer.gemm.k + depth


def _im2col(window: Window, group: int, position: tuple[Words, Words, Words], depth: Words) -> Words:
    height, width = window.kernel
    channel = group * (window.in_channels // window.groups) + depth // (height * width)
    image, row, col = (axis[:, None] for axis in position)
    y = row * window.stride[0] - window.pads[0] + depth // width % height * window.dilation[0]
    x = col * window.stride[1] - window.pads[1] + depth % width * window.dilation[1]
    word = ((image * window.in_channels + channel) * window.in_height + y) * window.in_width + x
    inside = (y >= 0) & (y < window.in_height) & (x >= 0) & (x < window.in_width)
    return np.where(inside, word, PADDING)


def weight_words(layer: Layer, group: int, k: Range, n: Range) -> Words:
    """Return the weight words of a range of K and N, [k, n]."""
    if layer.gemm is None:
        return np.zeros((0, 0), np.int64)
    return (group * layer.gemm.k + np.arange(*k)[:, None]) * layer.gemm.n + np.arange(*n)


def output_words(layer: Layer, block: Block, group: int, n: Range) -> Words:
    """Return the result words of the block's positions and a range of N, [positions, n]."""
    image, row, col = (axis[:, None] for axis in positions(block))
    channel = np.arange(*n)
    if layer.window is not None:
        window = layer.window
        channel = group * (window.out_channels // window.groups) + channel
        return ((image * window.out_channels + channel) * window.out_height + row) * window.out_width + col
    if layer.gemm is None:
        return np.broadcast_to(row, (row.size, channel.size))
    return (group * layer.gemm.m + row) * layer.gemm.n + channel
