"""EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation, with ReLU6 and a fixed stem and head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.networks.zoo.builder import Builder

if TYPE_CHECKING:
    import onnx

STAGES = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)
"""Expansion, kernel, channels, blocks and stride of each stage (the publication's table 1)."""


def efficientnet_lite0() -> onnx.ModelProto:
    """Build EfficientNet-Lite0, with TensorFlow's padding."""
    net = Builder("efficientnet_lite0")
    x = net.relu6("stem.relu6", _conv_bn(net, "stem.conv", "stem.bn", "input", (3, 32), 3, stride=2))
    channels, index = 32, 0
    for expansion, kernel, width, blocks, stride in STAGES:
        for block in range(blocks):
            step = stride if block == 0 else 1
            x = _block(net, f"blocks.{index}", x, (channels, width), expansion, kernel, step)
            channels, index = width, index + 1
    x = net.relu6("head.relu6", _conv_bn(net, "head.conv", "head.bn", x, (channels, 1280), 1))
    return net.model(net.classifier("fc", net.pooled(x), 1280))


def _block(net: Builder, name: str, x: str, channels: tuple[int, int], expansion: int, kernel: int, stride: int) -> str:
    before, after = channels
    hidden = before * expansion
    y = x
    if expansion != 1:
        y = _conv_bn(net, f"{name}.expand", f"{name}.expand_bn", y, (before, hidden), 1)
        y = net.relu6(f"{name}.expand_relu6", y)
    y = _conv_bn(
        net, f"{name}.depthwise", f"{name}.depthwise_bn", y, (hidden, hidden), kernel, stride=stride, groups=hidden
    )
    y = net.relu6(f"{name}.depthwise_relu6", y)
    y = _conv_bn(net, f"{name}.project", f"{name}.project_bn", y, (hidden, after), 1)
    return net.node("Add", f"{name}.add", y, x) if stride == 1 and before == after else y


def _conv_bn(
    net: Builder,
    conv: str,
    norm: str,
    x: str,
    channels: tuple[int, int],
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
) -> str:
    return net.batch_norm(norm, net.conv(conv, x, channels, kernel, stride=stride, groups=groups), channels[1])
