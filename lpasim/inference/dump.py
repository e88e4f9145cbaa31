"""What the array computed for one layer: operands as code words, their sums, and what the encoder makes of them.

The post-processing unit has no part in it, so that the array and the encoder can be checked alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.encoder import encode
from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.formats import LogPosit

Side = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class LayerSetting:
    """Where a product stands, and in which arithmetic it is computed.

    Attributes
    ----------
    network, layer : str
        Names.
    accumulator : str
        "wide" or "paper".
    datapath : Datapath
        Widths, and the rows of the array.
    first_format, second_format : LogPosit
        Of the operands.
    output_format : LogPosit
        Of the first tensor that the layer stores.
    stationary : str
        Which operand holds the weights, or what takes their place: "first" or "second".
    """

    network: str
    layer: str
    accumulator: Accumulator
    datapath: Datapath
    first_format: LogPosit
    second_format: LogPosit
    output_format: LogPosit
    stationary: Side

    def __str__(self) -> str:
        return f"layer {self.layer} of {self.network}"


@dataclass(frozen=True, slots=True)
class LayerDump:
    """A layer's product, word for word.

    The stack [G] holds what one multiplication has side by side: the groups of a convolution of the first image, or the
    heads of an attention of the first image; it is 1 for a single matrix, which may have the rows of a whole batch.

    Attributes
    ----------
    setting : LayerSetting
        What the numbers belong to.
    first : ndarray of uint8 [G, P, K]
        Code words of the left operand: of a convolution the filters, else what the network has on the left.
    second : ndarray of uint8 [G, K, Q]
        Code words of the right operand: of a convolution the unfolded image.
    sums : ndarray of float64 [G, P, Q]
        What the array makes of them, in units without scale: times 2^-(sf_first + sf_second) the real numbers.
    words : ndarray of uint8 [G, P, Q]
        What the encoder makes of these real numbers in the output format.
    """

    setting: LayerSetting
    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    sums: NDArray[np.float64]
    words: NDArray[np.uint8]

    @classmethod
    def of(
        cls, setting: LayerSetting, first: NDArray[np.uint8], second: NDArray[np.uint8], sums: NDArray[np.float64]
    ) -> LayerDump:
        """Keep the first matrices of a product of stacks [..., P, K] and [..., K, Q], and encode their sums."""
        kept = _first_stack(sums)
        scale = setting.first_format.sf + setting.second_format.sf
        words = encode(kept * 2.0**-scale, setting.output_format, setting.datapath)
        return cls(setting, _first_stack(first), _first_stack(second), kept, words.astype(np.uint8, casting="safe"))


Dump = tuple[str, Callable[[LayerDump], None]]
"""The name of a layer, and what takes its dump."""


def _first_stack(matrices: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of the first stack [G, rows, columns] of matrices [..., rows, columns]."""
    stacked = matrices[None] if matrices.ndim == 2 else matrices
    return np.array(stacked[(0,) * (stacked.ndim - 3)], order="C")
