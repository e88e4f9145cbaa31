"""MobileNetV2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.networks.zoo.builder import Builder

if TYPE_CHECKING:
    import onnx

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and stride of each stage (the publication's table 2)."""


def mobilenet_v2() -> onnx.ModelProto:
    """Build MobileNetV2 of width 1."""
    net = Builder("mobilenet_v2")
    x = _conv(net, "stem", "input", (3, 32), 3, stride=2)
    channels, index = 32, 0
    for expansion, width, blocks, stride in STAGES:
        for block in range(blocks):
            x = _inverted_residual(net, f"blocks.{index}", x, (channels, width), expansion, stride if block == 0 else 1)
            channels, index = width, index + 1
    x = _conv(net, "head", x, (channels, 1280), 1)
    return net.model(net.classifier("classifier", net.pooled(x), 1280))


def _inverted_residual(net: Builder, name: str, x: str, channels: tuple[int, int], expansion: int, stride: int) -> str:
    before, after = channels
    hidden = before * expansion
    y = x if expansion == 1 else _conv(net, f"{name}.expand", x, (before, hidden), 1)
    y = _conv(net, f"{name}.depthwise", y, (hidden, hidden), 3, stride=stride, groups=hidden)
    y = net.batch_norm(f"{name}.project_bn", net.conv(f"{name}.project", y, (hidden, after), 1, pad=0), after)
    return net.node("Add", f"{name}.add", x, y) if stride == 1 and before == after else y


def _conv(
    net: Builder, name: str, x: str, channels: tuple[int, int], kernel: int, *, stride: int = 1, groups: int = 1
) -> str:
    """Add a convolution, batch normalization and ReLU6."""
    x = net.conv(name, x, channels, kernel, stride=stride, pad=kernel // 2, groups=groups)
    return net.relu6(f"{name}_relu6", net.batch_norm(f"{name}_bn", x, channels[1]))
