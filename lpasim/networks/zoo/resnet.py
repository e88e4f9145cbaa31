"""ResNet-18 and ResNet-50."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.networks.zoo.builder import Builder

if TYPE_CHECKING:
    import onnx

WIDTHS = (64, 128, 256, 512)


def resnet18() -> onnx.ModelProto:
    """Build ResNet-18: two basic blocks a stage."""
    return _resnet("resnet18", (2, 2, 2, 2), bottleneck=False)


def resnet50() -> onnx.ModelProto:
    """Build ResNet-50: 3, 4, 6 and 3 bottleneck blocks."""
    return _resnet("resnet50", (3, 4, 6, 3), bottleneck=True)


def _resnet(name: str, depths: tuple[int, ...], *, bottleneck: bool) -> onnx.ModelProto:
    net = Builder(name)
    x = _conv_bn(net, "", 1, "input", (3, 64), 7, 2)
    x = net.node("MaxPool", "maxpool", net.node("Relu", "relu", x), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for stage, (depth, width) in enumerate(zip(depths, WIDTHS, strict=True), start=1):
        out = width * 4 if bottleneck else width
        for index in range(depth):
            stride = 2 if stage > 1 and index == 0 else 1
            x = _block(net, f"layer{stage}.{index}.", x, (channels, width, out), stride)
            channels = out
    return net.model(net.classifier("fc", net.pooled(x), channels))


def _block(net: Builder, name: str, x: str, channels: tuple[int, int, int], stride: int) -> str:
    """Add a residual block: two 3x3 convolutions, or 1x1, 3x3, 1x1 where it widens its inner channels at the end."""
    before, width, after = channels
    kernels = (3, 3) if width == after else (1, 3, 1)
    sizes = (before, *(width for _ in kernels[1:]), after)
    y = x
    strided = kernels.index(3)
    for index, kernel in enumerate(kernels):
        step = stride if index == strided else 1
        y = _conv_bn(net, name, index + 1, y, (sizes[index], sizes[index + 1]), kernel, step)
        if index < len(kernels) - 1:
            y = net.node("Relu", f"{name}relu{index + 1}", y)
    if stride != 1 or before != after:
        x = net.conv(f"{name}downsample.0", x, (before, after), 1, stride=stride, pad=0)
        x = net.batch_norm(f"{name}downsample.1", x, after)
    return net.node("Relu", f"{name}relu{len(kernels)}", net.node("Add", f"{name}add", y, x))


def _conv_bn(net: Builder, name: str, index: int, x: str, channels: tuple[int, int], kernel: int, stride: int) -> str:
    x = net.conv(f"{name}conv{index}", x, channels, kernel, stride=stride, pad=kernel // 2)
    return net.batch_norm(f"{name}bn{index}", x, channels[1])
