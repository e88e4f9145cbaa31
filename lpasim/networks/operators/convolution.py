"""Convolutions, whose windows become the rows of a matrix."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Literal

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node, Shape
from lpasim.networks.operators.movement import zeros_around
from lpasim.networks.operators.registry import handles
from lpasim.networks.roles import ConvolutionWindow, Matrix, Pair, Ppu, Product, Role

Pads = tuple[int, int, int, int]
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
    kernel = _pair(weights[2:], 1)
    stride, dilation = _pair(node.attribute("strides", ()), 1), _pair(node.attribute("dilations", ()), 1)
    pads = _pads(node, network, image[2:], kernel, stride, dilation)
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
    kernel, stride = _pair(weights[2:], 1), _pair(node.attribute("strides", ()), 1)
    dilation = _pair(node.attribute("dilations", ()), 1)
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
    return shape[0], shape[1], *_pair(shape[2:], 1)


def _with_zeros(window: ConvolutionWindow, zeros: tuple[int, ...]) -> ConvolutionWindow:
    """Make zeros that a `Pad` put around the image part of the window; `zeros` are before and after each axis."""
    half = len(zeros) // 2
    if any(zeros[:2]) or any(zeros[half : half + 2]):
        return window
    (top, left), (bottom, right) = _pair(zeros[2:half], 0), _pair(zeros[half + 2 :], 0)
    pads = window.pads
    return replace(
        window,
        in_height=window.in_height - top - bottom,
        in_width=window.in_width - left - right,
        pads=(pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right),
    )


def _pair(values: Shape, missing: int) -> Pair:
    """Return one value for the rows and one for the columns; a 1-D convolution has one row."""
    padded = (missing, missing, *(int(value) for value in values))
    return padded[-2], padded[-1]


def _pads(node: Node, network: Network, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Pads:
    """Return the rows and columns of zeros at the top, left, bottom and right."""
    mode = _text(node.attribute("auto_pad", "NOTSET"))
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        (top, bottom), (left, right) = (
            _same(extent, (taps - 1) * span + 1, step, mode)
            for extent, taps, step, span in zip(size, kernel, stride, dilation, strict=True)
        )
        return top, left, bottom, right
    given = [] if mode == "VALID" else [int(pad) for pad in node.attribute("pads", ())]
    if any(pad < 0 for pad in given):
        raise NetworkError(f"pads must be at least 0, got {given} ({node}, {network.name})")
    half = len(given) // 2
    top, left = _pair(tuple(given[:half]), 0)
    bottom, right = _pair(tuple(given[half:]), 0)
    return top, left, bottom, right


def _same(extent: int, reach: int, step: int, mode: Literal["SAME_UPPER", "SAME_LOWER"] | str) -> Pair:
    """Return the zeros before and after, so that ceil(extent / step) windows fit; an odd one goes where `mode` says."""
    total = max((-(-extent // step) - 1) * step + reach - extent, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if mode == "SAME_UPPER" else (large, small)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
