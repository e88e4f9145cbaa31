"""SqueezeNet 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.networks.zoo.builder import Builder

if TYPE_CHECKING:
    import onnx

FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
"""Squeezed channels and expanded channels of each kernel size, from fire2 to fire9."""
POOLED_AFTER = (3, 5)
"""Fire modules that a max pooling follows."""


def squeezenet1_1() -> onnx.ModelProto:
    """Build SqueezeNet 1.1."""
    net = Builder("squeezenet1_1")
    x = net.conv("conv1", "input", (3, 64), 3, stride=2, pad=0, bias=True)
    x = _pool(net, 1, net.node("Relu", "relu1", x))
    channels = 64
    for number, (squeezed, expanded) in enumerate(FIRES, start=2):
        x = _fire(net, f"fire{number}", x, (channels, squeezed, expanded))
        channels = 2 * expanded
        if number in POOLED_AFTER:
            x = _pool(net, number, x)
    x = net.node("Relu", "relu10", net.conv("conv10", x, (channels, 1000), 1, pad=0, bias=True))
    return net.model(net.pooled(x))


def _fire(net: Builder, name: str, x: str, channels: tuple[int, int, int]) -> str:
    before, squeezed, expanded = channels

    def conv_relu(part: str, y: str, sizes: tuple[int, int], kernel: int) -> str:
        y = net.conv(f"{name}.{part}", y, sizes, kernel, pad=kernel // 2, bias=True)
        return net.node("Relu", f"{name}.{part}_relu", y)

    x = conv_relu("squeeze", x, (before, squeezed), 1)
    parts = (conv_relu(f"expand{kernel}x{kernel}", x, (squeezed, expanded), kernel) for kernel in (1, 3))
    return net.node("Concat", f"{name}.concat", *parts, axis=1)


def _pool(net: Builder, number: int, x: str) -> str:
    return net.node("MaxPool", f"pool{number}", x, kernel_shape=[3, 3], strides=[2, 2])
