"""What a node means for the accelerator: a matrix product, work of the post-processing unit, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pair = tuple[int, int]

BatchNorm = Literal["fold", "ppu"]
"""What becomes of a batch normalization behind a product: folded into its weights, or work of the post-processing unit
(one scale and one shift a channel). One that no weights can hold is always the latter."""


@dataclass(frozen=True, slots=True)
class Product:
    """`count` independent products of an m x k streamed and a k x n stationary matrix."""

    count: int
    m: int
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class ConvolutionWindow:
    """Geometry of a 2-D convolution; a 1-D one has height 1. `pads`: top, left, bottom, right."""

    batch: int
    in_channels: int
    in_height: int
    in_width: int
    out_channels: int
    out_height: int
    out_width: int
    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: tuple[int, int, int, int]
    groups: int


@dataclass(frozen=True, slots=True)
class Ppu:
    """Work of the post-processing unit.

    Attributes
    ----------
    elements : int
        Primitive element operations.
    operands : tuple of str
        Tensors that it reads, activations and constants.
    constant_elements : int
        Elements of constants that it reads beside `operands`, because they are computed when the network is compiled.
    operator : str
        Name of the operation, where it is not the node's.
    """

    elements: int
    operands: tuple[str, ...]
    constant_elements: int = 0
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix product: `streamed` crosses the array, `stationary` stays in it. `then` follows in the PPU.

    Attributes
    ----------
    columns : tuple of int
        Axes of the node's result along which the columns of the stationary operand run.
    """

    product: Product
    streamed: str
    stationary: str
    columns: tuple[int, ...]
    window: ConvolutionWindow | None = None
    then: Ppu | None = None


@dataclass(frozen=True, slots=True)
class Free:
    """A node that takes neither time nor energy, because of `reason`.

    Attributes
    ----------
    sources : tuple of str
        Operands whose elements its results are made of.
    narrows : bool
        Whether a result holds only a part of their elements.
    repeats : bool
        Whether a result holds elements several times.
    """

    reason: str
    sources: tuple[str, ...]
    narrows: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """A node that changes nothing but the constants of the product before it, whose result it takes over."""

    reason: str
    source: str


Role = Matrix | Ppu | Free | Folded
