"""Swin-T: attention in windows of 7 x 7 tokens that are shifted in every second block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpasim.networks.zoo.builder import Builder
from lpasim.networks.zoo.transformer import Attention, attention, layer_norm, linear, mlp

if TYPE_CHECKING:
    import onnx

WINDOW = 7
TOKENS = WINDOW * WINDOW
SHIFT = WINDOW // 2
WIDTH = 96
DEPTHS = (2, 2, 6, 2)
HEADS = (3, 6, 12, 24)
END = 2**31 - 1


def swin_t() -> onnx.ModelProto:
    """Build Swin-T."""
    net = Builder("swin_t")
    x = net.conv("patch_embed", "input", (3, WIDTH), 4, stride=4, pad=0, bias=True)
    x = net.node("Transpose", "patch_embed_nhwc", x, perm=[0, 2, 3, 1])
    x = layer_norm(net, "patch_norm", x, WIDTH)
    side, width = 56, WIDTH
    for stage, (depth, heads) in enumerate(zip(DEPTHS, HEADS, strict=True)):
        if stage > 0:
            x = _merge_patches(net, f"stages.{stage}.merge", x, width)
            side, width = side // 2, width * 2
        for index in range(depth):
            shift = SHIFT if index % 2 == 1 and side > WINDOW else 0
            x = _block(net, f"stages.{stage}.{index}", x, side, Attention(TOKENS, width, heads), shift)
    x = layer_norm(net, "norm", x, width)
    x = net.node("Transpose", "norm_nchw", x, perm=[0, 3, 1, 2])
    return net.model(net.classifier("head", net.pooled(x), width))


def _merge_patches(net: Builder, name: str, x: str, width: int) -> str:
    """Put 2 x 2 neighbours side by side and halve their channels."""
    parts = [
        _slice(net, f"{name}.part{row}{col}", x, (row, col), (END, END), 2) for col in range(2) for row in range(2)
    ]
    x = layer_norm(net, f"{name}.norm", net.node("Concat", f"{name}.concat", *parts, axis=3), 4 * width)
    return linear(net, f"{name}.reduction", x, (4 * width, 2 * width), bias=False)


def _block(net: Builder, name: str, x: str, side: int, size: Attention, shift: int) -> str:
    """Add window attention and perceptron, each with its residual, on [N, side, side, width]."""
    y = layer_norm(net, f"{name}.norm1", x, size.width)
    y = _roll(net, f"{name}.shift", y, shift) if shift else y
    count = side // WINDOW
    y = _reshape(net, f"{name}.cut", y, (-1, count, WINDOW, count, WINDOW, size.width))
    y = net.node("Transpose", f"{name}.cut_t", y, perm=[0, 1, 3, 2, 4, 5])
    y = _reshape(net, f"{name}.windows", y, (-1, TOKENS, size.width))

    def bias(scores: str) -> str:
        scores = net.node("Add", f"{name}.attn.position", scores, _position_bias(net, f"{name}.attn", size.heads))
        if not shift:
            return scores
        scores = _reshape(net, f"{name}.attn.by_image", scores, (-1, count**2, size.heads, TOKENS, TOKENS))
        scores = net.node(
            "Add", f"{name}.attn.masked", scores, net.weight(f"attn_mask{side}", 1, count**2, 1, TOKENS, TOKENS)
        )
        return _reshape(net, f"{name}.attn.by_window", scores, (-1, size.heads, TOKENS, TOKENS))

    y = attention(net, f"{name}.attn", y, size, bias)
    y = _reshape(net, f"{name}.split", y, (-1, count, count, WINDOW, WINDOW, size.width))
    y = net.node("Transpose", f"{name}.join_t", y, perm=[0, 1, 3, 2, 4, 5])
    y = _reshape(net, f"{name}.join", y, (-1, side, side, size.width))
    y = _roll(net, f"{name}.unshift", y, -shift) if shift else y
    x = net.node("Add", f"{name}.add1", x, y)
    y = mlp(net, f"{name}.mlp", layer_norm(net, f"{name}.norm2", x, size.width), size.width)
    return net.node("Add", f"{name}.add2", x, y)


def _position_bias(net: Builder, name: str, heads: int) -> str:
    """Look up each pair's bias [1, heads, tokens, tokens] in the trained table, before the network runs."""
    table = net.weight(f"{name}.relative_position_bias_table", (2 * WINDOW - 1) ** 2, heads)
    x = net.node("Gather", f"{name}.position_lookup", table, net.constant("relative_position_index", _index()), axis=0)
    x = _reshape(net, f"{name}.position_pairs", x, (1, TOKENS, TOKENS, heads))
    return net.node("Transpose", f"{name}.position_bias", x, perm=[0, 3, 1, 2])


def _index() -> NDArray[np.int64]:
    """Return for each pair of tokens where its bias is in the table: by row distance, then column distance."""
    rows, cols = np.divmod(np.arange(TOKENS), WINDOW)
    distance = [axis[:, None] - axis[None, :] + WINDOW - 1 for axis in (rows, cols)]
    return np.asarray(distance[0] * (2 * WINDOW - 1) + distance[1], dtype=np.int64).reshape(-1)


def _roll(net: Builder, name: str, x: str, shift: int) -> str:
    """Move rows and columns up and left by `shift`; what leaves comes in at the other end."""
    for axis in (1, 2):
        parts = (
            net.node("Slice", f"{name}.axis{axis}.{part}", x, *_bounds(net, (start,), (end,), (axis,), 1))
            for part, start, end in (("body", shift, END), ("wrapped", 0, shift))
        )
        x = net.node("Concat", f"{name}.axis{axis}", *parts, axis=axis)
    return x


def _slice(net: Builder, name: str, x: str, starts: tuple[int, ...], ends: tuple[int, ...], step: int) -> str:
    """Take every `step`-th row and column."""
    return net.node("Slice", name, x, *_bounds(net, starts, ends, (1, 2), step))


def _bounds(
    net: Builder, starts: tuple[int, ...], ends: tuple[int, ...], axes: tuple[int, ...], step: int
) -> tuple[str, ...]:
    values = (starts, ends, axes, tuple(step for _ in axes))
    return tuple(net.constant("slice_" + "_".join(map(str, value)), value) for value in values)


def _reshape(net: Builder, name: str, x: str, shape: tuple[int, ...]) -> str:
    return net.node("Reshape", name, x, net.constant(f"{name}.shape", shape))
