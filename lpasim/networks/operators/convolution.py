"""Convolutions, whose windows become the rows of a matrix."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node, Shape
from lpasim.networks.operators.movement import zeros_around
from lpasim.networks.operators.registry import handles
from lpasim.networks.roles import ConvolutionWindow, Matrix, Ppu, Product, Role
from lpasim.networks.windows import pair, window_pads

_CHANNELS = (1,)
"""The axis of the result along which the filters run."""


@handles("Conv")
def convolution(node: Node, network: Network) -> Role:
    """Unfold a 1-D or 2-D convolution; its bias enters with the pass that takes the results out.

    Raises
    ------
    NetworkError
        If it has three or more dimensions, weights that are not constant, or sizes that contradict each other.
    """
    image, weights = _images(node, network), network.shape(node.input(1))
    groups = int(node.attribute("group", 1))
    kernel = pair(weights[2:], 1)
    stride, dilation = pair(node.attribute("strides", ()), 1), pair(node.attribute("dilations", ()), 1)
    pads = window_pads(node, image[2:], kernel, stride, dilation, f"{node}, {network.name}")
    out_height, out_width = (
        (size + low + high - span * (size_of_kernel - 1) - 1) // step + 1
        for size, low, high, size_of_kernel, step, span in zip(
            image[2:], pads[:2], pads[2:], kernel, stride, dilation, strict=True
        )
    )
    batch, channels = image[:2]
    out_channels = weights[0]
    if channels != weights[1] * groups or out_channels % groups:
        raise NetworkError(
            f"weights must fit {channels} channels in {groups} groups, got shape {weights} ({node}, {network.name})"
        )
    if (batch, out_channels, out_height, out_width) != _images(node, network, network.shape(node.outputs[0])):
        got = network.shape(node.outputs[0])
        raise NetworkError(f"output must be {out_height} x {out_width}, got shape {got} ({node}, {network.name})")
    window = ConvolutionWindow(
        batch, channels, image[2], image[3], out_channels, out_height, out_width, kernel, stride, dilation, pads, groups
    )
    window = _with_zeros(window, zeros_around(node.input(0), network))
    product = Product(
        count=groups,
        m=batch * out_height * out_width,
        k=channels // groups * prod(kernel),
        n=out_channels // groups,
    )
    return Matrix(product, node.input(0), node.input(1), _CHANNELS, window)


@handles("ConvTranspose")
def transposed_convolution(node: Node, network: Network) -> Role:
    """Multiply every input position with every tap of the kernel, then add the taps up where they overlap.

    The addition runs in the post-processing unit, one element operation for each product, and is none where no two
    products meet: the taps then only have to be addressed.

    Raises
    ------
    NetworkError
        If it has three or more dimensions, or weights that are not constant.
    """
    batch, channels, height, width = _images(node, network)
    weights = network.shape(node.input(1))
    groups = int(node.attribute("group", 1))
    kernel, stride = pair(weights[2:], 1), pair(node.attribute("strides", ()), 1)
    dilation = pair(node.attribute("dilations", ()), 1)
    product = Product(groups, batch * height * width, channels // groups, weights[1] * prod(kernel))
    axes = zip((height, width), kernel, dilation, stride, strict=True)
    overlaps = any(_taps_meet(*axis) for axis in axes)
    scatter = Ppu(product.count * product.m * product.n, (), operator="Add") if overlaps else None
    return Matrix(product, node.input(0), node.input(1), _CHANNELS, then=scatter)


def _taps_meet(size: int, taps: int, span: int, step: int) -> bool:
    """Whether two of `size` positions, `step` apart, add to one result through taps that are `span` apart."""
    return any(tap * span % step == 0 and tap * span // step < size for tap in range(1, taps))


def _images(node: Node, network: Network, shape: Shape | None = None) -> tuple[int, int, int, int]:
    """Return batch, channels, height and width, once the node is known to be a convolution of images or sequences."""
    shape = network.shape(node.input(0)) if shape is None else shape
    if len(shape) not in (3, 4):
        raise NetworkError(f"convolution must be 1-D or 2-D, got input shape {shape} ({node}, {network.name})")
    if node.input(1) not in network.constants:
        raise NetworkError(f"convolution must have constant weights, got activations ({node}, {network.name})")
    return shape[0], shape[1], *pair(shape[2:], 1)


def _with_zeros(window: ConvolutionWindow, zeros: tuple[int, ...]) -> ConvolutionWindow:
    """Make zeros that a `Pad` put around the image part of the window; `zeros` are before and after each axis."""
    half = len(zeros) // 2
    if any(zeros[:2]) or any(zeros[half : half + 2]):
        return window
    (top, left), (bottom, right) = pair(zeros[2:half], 0), pair(zeros[half + 2 :], 0)
    pads = window.pads
    return replace(
        window,
        in_height=window.in_height - top - bottom,
        in_width=window.in_width - left - right,
        pads=(pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right),
    )
