"""Measuring what words do to wires while a network runs: what goes into an activity file.

`docs/activity.md` defines the numbers. All but the partial sums are counted over every word of every image.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpasim import __version__
from lpasim.datapath.packing import LANES, WORD_BITS
from lpasim.datapath.parameters import Datapath
from lpasim.formats import LogPosit
from lpasim.inference.images import LabelledImages
from lpasim.inference.partial_sums import (
    EXPONENT_BITS,
    SAMPLED_FOLDS,
    SAMPLED_OUTPUTS,
    Product,
    partial_sum_flips,
    random_flips,
)
from lpasim.inference.products import Arithmetic, LpProduct, Stack
from lpasim.inference.wires import (
    Flips,
    Words,
    activation_flips,
    busy_macs,
    histogram,
    random_bits,
    stored_bits,
    weight_flips,
)
from lpasim.networks.printable import file_name
from lpasim.quantization.activity import (
    SCHEMA,
    VERSION,
    Activity,
    Array,
    LayerActivity,
    MeasuredImages,
    Operand,
    Widths,
    Wire,
)
from lpasim.quantization.activity_file import identify
from lpasim.quantization.provenance import fingerprint
from lpasim.quantization.trace import Trace


@dataclass(slots=True)
class _Count:
    """Words of one operand, and their wire."""

    words: NDArray[np.int64] | int = 0
    pairs: int = 0
    flipped: int = 0

    def add(self, words: NDArray[np.int64], flips: Flips) -> None:
        self.words = self.words + words
        self.pairs += flips[0]
        self.flipped += flips[1]


@dataclass(slots=True)
class _Layer:
    """What is known of a layer so far."""

    weight_format: LogPosit
    activation_format: LogPosit
    k: int
    n: int
    macs: int = 0
    busy: int = 0
    weights: _Count = field(default_factory=_Count)
    activations: _Count = field(default_factory=_Count)
    sums: Flips = (0, 0)


class ActivityMeter:
    """Counts over the products of a network that runs on one image at a time.

    Parameters
    ----------
    datapath : Datapath
        Widths, and the rows of the array.
    cols : int
        Columns of the array.

    Attributes
    ----------
    seconds : float
        Time that the counting took.
    """

    def __init__(self, datapath: Datapath, cols: int) -> None:
        self.datapath, self.cols = datapath, cols
        self.seconds = 0.0
        self._layers: dict[str, _Layer] = {}

    def watch(self, product: LpProduct, first: Stack, second: Stack) -> None:
        """Count one product of the image that runs."""
        started = time.perf_counter()
        left, right = (stack.words.reshape(-1, *stack.words.shape[-2:]) for stack in (first, second))
        if product.stationary_first:
            self._add(product, first.fmt, second.fmt, left.swapaxes(1, 2), right)
        else:
            self._add(product, second.fmt, first.fmt, right, np.ascontiguousarray(left.swapaxes(1, 2)))
        self.seconds += time.perf_counter() - started

    def layers(self) -> tuple[LayerActivity, ...]:
        """Return what has been counted, in the order in which layers ran first."""
        return tuple(self._layer(name, counts) for name, counts in self._layers.items())

    def _add(
        self, product: LpProduct, weight_format: LogPosit, activation_format: LogPosit, weights: Words, moving: Words
    ) -> None:
        """Count a product of weights [G, K, N] and activations [G, K, M]."""
        (groups, depth, columns), length = weights.shape, moving.shape[2]
        name = product.node.name
        new = name not in self._layers
        layer = self._layers.setdefault(name, _Layer(weight_format, activation_format, depth, columns))
        across = self.cols * LANES[stored_bits(weight_format.n)]
        layer.macs += groups * depth * columns * length
        layer.busy += busy_macs(weights, moving)
        flips = activation_flips(moving, -(-columns // across), self.datapath.rows)
        layer.activations.add(histogram(moving, activation_format.n), flips)
        if new or product.weights is None:  # constant weights are the same for every image
            flips = weight_flips(weights, weight_format.n, self.datapath.rows, self.cols)
            layer.weights.add(histogram(weights, weight_format.n), flips)
        if new:
            whole = Product(weights, moving, weight_format, activation_format, self.datapath, across)
            layer.sums = partial_sum_flips(whole)

    def _layer(self, name: str, layer: _Layer) -> LayerActivity:
        formats = layer.weight_format, layer.activation_format
        widths = [stored_bits(fmt.n) for fmt in formats]
        random_sums = random_flips(*formats, self.datapath)
        sum_bits = 1 + EXPONENT_BITS + self.datapath.psum_fraction_bits
        return LayerActivity(
            name=name,
            k=layer.k,
            n=layer.n,
            weight_format=formats[0].spec,
            activation_format=formats[1].spec,
            macs=layer.macs,
            zero_macs=layer.macs - layer.busy,
            random_zero_share=1 - math.prod(1 - 2.0**-fmt.n for fmt in formats),
            weights=_operand(layer.weights, WORD_BITS, LANES[widths[0]] * random_bits(formats[0].n)),
            activations=_operand(layer.activations, widths[1], random_bits(formats[1].n)),
            partial_sums=Wire(
                bits=sum_bits, transitions=layer.sums[0], flipped_bits=layer.sums[1], random_bits=random_sums
            ),
        )


def make_activity(
    meter: ActivityMeter, model: Path, trace: Trace, images: LabelledImages, accumulator: Arithmetic
) -> Activity:
    """Put together what was measured, and where it comes from."""
    source = MeasuredImages(source=file_name(images.source), count=len(images), preprocess=images.preprocess.name)
    return Activity(
        schema=SCHEMA,
        version=VERSION,
        lpasim_version=__version__,
        model=fingerprint(model),
        trace=identify(trace),
        images=source,
        accumulator=accumulator,
        array=Array(rows=meter.datapath.rows, cols=meter.cols),
        datapath=Widths(**{name: value for name, value in asdict(meter.datapath).items() if name != "rows"}),
        sampled_outputs=SAMPLED_OUTPUTS,
        sampled_folds=SAMPLED_FOLDS,
        layers=meter.layers(),
    )


def _operand(count: _Count, bits: int, random: float) -> Operand:
    wire = Wire(bits=bits, transitions=count.pairs, flipped_bits=count.flipped, random_bits=random)
    return Operand(histogram=tuple(np.atleast_1d(count.words).tolist()), wire=wire)
