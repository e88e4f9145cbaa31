"""How images become network inputs, as data."""

from __future__ import annotations

from dataclasses import dataclass

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preprocess:
    """One way to prepare RGB images.

    Resize to a square (bilinear), cut out a central square, scale to 0..1, subtract `mean`, divide by `std`. The first
    two steps are left out where their size is 0.
    """

    resize: int
    crop: int
    mean: Triple
    std: Triple


PREPROCESSES = {
    "imagenet": Preprocess(0, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "inception": Preprocess(0, 224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "tflite": Preprocess(0, 224, (127 / 255, 127 / 255, 127 / 255), (128 / 255, 128 / 255, 128 / 255)),
    "cifar10": Preprocess(0, 0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar10_64": Preprocess(64, 0, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}
"""Preprocessing by name: torchvision's for ImageNet; Inception's and many transformers'; TensorFlow Lite's
(pixel - 127) / 128; and two for CIFAR-10, as it is and enlarged to 64 x 64.
"""
