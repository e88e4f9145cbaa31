"""Networks as the search sees them: the shipped one with its images, and small ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from lpasim.formats import LogPosit
from lpasim.lpq.quantized_run import Quantized, RoundedLayer
from lpasim.lpq.subject import Subject
from lpasim.quantization.trained import TRAINED


@cache
def fashion(batchnorm="ppu"):
    return Subject(TRAINED["fashion"].model, batchnorm=batchnorm)


@cache
def pictures(count, first=0):
    """Return calibration images of the shipped network, as it takes them."""
    with np.load(TRAINED["fashion"].calibration) as archive:
        grey = archive["images"][first : first + count]
    values = ((grey / 255 - 0.2860) / 0.3530).astype(np.float32)[:, None]
    values.flags.writeable = False
    return values


def subject_of(proto, **options):
    return Subject(Path("test.onnx"), proto, **options)


def layer_of(subject, name):
    return next(layer for layer in subject.layers if layer.name == name)


def around(values, n):
    """Return an n-bit log posit that is most accurate where most values are."""
    magnitudes = np.abs(values[values != 0])
    return LogPosit(n, min(1, n - 3), min(3, n - 1), -float(np.round(np.log2(magnitudes).mean())))


def nearest(layer, fmt):
    return RoundedLayer(layer, layer.as_operand(fmt.quantize(layer.matrices, "linear")))


def all_nearest(subject, formats):
    return {layer.name: nearest(layer, formats[layer.name]) for layer in subject.layers}


def whole_run(subject, images, quantized=None, watch=None):
    """Run all images at once from the start, and return the answers."""
    quantized = quantized or Quantized()
    executor = subject.executor(len(images))
    with threadpool_limits(1):
        passage = quantized.start(executor, subject.input, images, watch)
        quantized.advance(passage, executor, watch=watch)
    return passage.results[subject.output]


def seen_tensors(subject, images, quantized=None):
    """Run all images at once, and return every tensor that a node makes."""
    seen = {}
    whole_run(subject, images, quantized, seen.__setitem__)
    return seen
