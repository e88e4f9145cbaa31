"""How pictures and stored features become network inputs, as data."""

from __future__ import annotations

import re
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from lpasim.quantization.frozen import Frozen

PIXEL_SCALE = 1 / 255
"""Brings pixels of eight bits to 0..1."""
_SMALLEST, _LARGEST = 1e-9, 1e9
"""Smallest factor and largest magnitude: far beyond any use, and safe in float32."""

Size = Annotated[int, Field(ge=0, le=2**14)]
Shift = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]
Factor = Annotated[float, Field(ge=_SMALLEST, le=_LARGEST, allow_inf_nan=False)]


class Preprocess(Frozen):
    """One way to prepare inputs.

    A picture is resized, to a square or to a length of its shorter side (bilinear, over all pixels that a new one
    covers), and a central square is cut out of it; a step is left out where its size is 0. Where the centre lies
    between two pixels, the square lies further right and down; with `shorter` it begins at the even one of both places,
    so that these two steps are torchvision's `Resize` and `CenterCrop`.

    The pixels, or the values of stored features, are multiplied by `scale`; then `mean` is subtracted, and `std`
    divides. One value of `mean` and `std` is for all channels: a picture then becomes grey. Three are for red, green
    and blue.
    """

    name: str
    resize: Size = Field(default=0, description="rows and columns that a picture gets; 0: it keeps its own")
    shorter: Size = Field(
        default=0, description="length that the shorter side of a picture gets, in its proportions; 0: it keeps its own"
    )
    crop: Size = Field(default=0, description="rows and columns that are cut out of the middle; 0: all")
    scale: Factor = Field(default=PIXEL_SCALE, description="factor of the pixels, before anything is subtracted")
    mean: tuple[Shift, ...] = Field(description="what is subtracted: one value, or one for each of three channels")
    std: tuple[Factor, ...] = Field(description="what divides then: as many values")

    @field_validator("name")
    @classmethod
    def _word(cls, name: str) -> str:
        if not re.fullmatch(r"[\w.-]+", name):
            raise ValueError("a word of letters, digits, dots, dashes and underscores")
        return name

    @field_validator("shorter")
    @classmethod
    def _resized_once(cls, shorter: int, info: ValidationInfo) -> int:
        if shorter and info.data.get("resize"):
            raise ValueError("0 where resize is given")
        return shorter

    @field_validator("mean")
    @classmethod
    def _channels(cls, mean: tuple[float, ...]) -> tuple[float, ...]:
        if len(mean) not in (1, 3):
            raise ValueError("1 or 3 numbers, one a channel")
        return mean

    @field_validator("std")
    @classmethod
    def _as_many(cls, std: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        expected = info.data.get("mean", std)
        if len(std) != len(expected):
            raise ValueError(f"as many numbers as mean, {len(expected)}")
        return std

    @property
    def channels(self) -> int:
        """Number of channels that it tells apart."""
        return len(self.mean)

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and the height that a picture gets before it is cut."""
        if self.resize:
            return self.resize, self.resize
        if not self.shorter:
            return width, height
        least = min(width, height)  # and the longer side is cut to a whole number, as torchvision's Resize does
        return self.shorter * width // least, self.shorter * height // least

    def corner(self, size: int) -> int:
        """Return where the central part begins along a side that is long enough."""
        margin = size - self.crop
        return round(margin / 2) if self.shorter else (margin + 1) // 2

    def describe(self) -> str:
        """Say in words what is done, in the order in which it is done."""
        steps = [f"resized to {self.resize} x {self.resize}"] if self.resize else []
        steps += [f"shorter side {self.shorter}"] if self.shorter else []
        steps += [f"central {self.crop} x {self.crop}"] if self.crop else []
        if self.scale != 1:
            steps.append("scaled to 0..1" if self.scale == PIXEL_SCALE else f"times {self.scale:.4g}")
        if any(self.mean):
            steps.append(f"minus ({_listed(self.mean)})")
        if any(value != 1 for value in self.std):
            steps.append(f"divided by ({_listed(self.std)})")
        return ", ".join(steps) or "as they are"

    def normalize(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Scale, shift and divide.

        Parameters
        ----------
        values : ndarray [channels, ...]
            Pixels or features; any number of channels where this tells none apart.

        Returns
        -------
        ndarray
            Of the same shape: `values` times `scale` rounded to float32 once, and the rest in float32.
        """
        scaled = (values.astype(np.float64) * self.scale).astype(np.float32)
        shape = (-1, *(1 for _ in values.shape[1:]))
        mean, std = (np.array(numbers, dtype=np.float32).reshape(shape) for numbers in (self.mean, self.std))
        return np.ascontiguousarray((scaled - mean) / std)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


_HALF = (0.5, 0.5, 0.5)
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PREPROCESSES = {
    found.name: found
    for found in (
        Preprocess(name="imagenet", crop=224, mean=_IMAGENET_MEAN, std=_IMAGENET_STD),
        Preprocess(name="imagenet_256", shorter=256, crop=224, mean=_IMAGENET_MEAN, std=_IMAGENET_STD),
        Preprocess(name="inception", crop=224, mean=_HALF, std=_HALF),
        Preprocess(name="tflite", crop=224, mean=(127 / 255,) * 3, std=(128 / 255,) * 3),
        Preprocess(name="cifar10", mean=_IMAGENET_MEAN, std=_IMAGENET_STD),
        Preprocess(name="cifar10_64", resize=64, mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616)),
        Preprocess(name="raw", scale=1, mean=(0, 0, 0), std=(1, 1, 1)),
        Preprocess(name="none", scale=1, mean=(0,), std=(1,)),
        Preprocess(name="kws", scale=1, mean=(83,), std=(1 / 0.5847029,)),
        Preprocess(name="fashion", mean=(0.2860,), std=(0.3530,)),
    )
}
"""Preprocessing by name: torchvision's normalization for ImageNet, of pictures that have their size already, and with
all of its usual evaluation (shorter side 256, central 224 x 224); Inception's and many transformers'; TensorFlow Lite's
(pixel - 127) / 128; two for CIFAR-10, as it is and enlarged to 64 x 64; two for networks of the MLPerf Tiny
benchmark: pixels 0..255 as they are for its ResNet-8, and its keyword-spotting features, (feature - 83) * 0.5847029;
one for features of any number of channels that are inputs as they are stored; and one for Fashion-MNIST, with mean and
standard deviation of all its training pixels.
"""
