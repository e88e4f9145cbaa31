"""Networks that the benchmarks of `lpasim quantize` run on, with images to calibrate on and labelled ones to judge by.

The data pack is a folder with `models/`, `images/` and `data/`; `fashion` comes with lpasim and needs none. No network
is judged by images that formats are fitted to: where there is but one set, its last `RESERVED` are for calibration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.inference.accuracy import answers as classes_of
from lpasim.inference.accuracy import in_top
from lpasim.inference.images import LabelledImages, read_images
from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.objective import divergence
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.requested_images import prepared_images
from lpasim.lpq.subject import Subject
from lpasim.quantization.trained import TRAINED

RESERVED = 256
"""Images at the end of a set that are kept for calibration if there is no other set: the last ones."""
CHUNK = 128
"""Labelled images that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A network of the data pack: its file, its preprocessing, and the places of its images."""

    model: str
    preprocess: str
    images: str
    labels: str | None = None
    calibration: str | None = None


def _imagenet(model: str, preprocess: str) -> Entry:
    labels, others = "images/imagenet_val1300_labels.csv", "images/imagenet_one_per_class"
    return Entry(model, preprocess, "images/imagenet_val1300", labels, others)


def _cifar(model: str, preprocess: str) -> Entry:
    return Entry(model, preprocess, "data/cifar10_test2000_jpeg.npz")


PACK = {
    "squeezenet1_1": _imagenet("squeezenet1_1", "imagenet"),
    "mobilenet_v1_025": _imagenet("mobilenet_v1_025", "inception"),
    "efficientnet_lite0": _imagenet("efficientnet_lite0", "tflite"),
    "vit_tiny": _imagenet("vit_tiny_patch16_224", "inception"),
    "resnet18": _cifar("resnet18_cifar10", "cifar10_64"),
    "resnet20": _cifar("resnet20_cifar10", "cifar10"),
    "resnet56": _cifar("resnet56_cifar10", "cifar10"),
    "resnet8": _cifar("resnet8_cifar10", "raw"),
    "ds_cnn": Entry("ds_cnn_kws", "kws", "data/kws01_mfcc1000.npz"),
}
NETWORKS = ("fashion", *PACK)


@dataclass(frozen=True, eq=False)
class AtHand:
    """A network with its images.

    Attributes
    ----------
    name : str
        Of the network.
    subject : Subject
        The network, its batch normalizations in the post-processing unit.
    calibration : ndarray [N, ...]
        Images that formats are fitted to, prepared.
    labelled : LabelledImages
        Images that it is judged by; none of them is among the others.
    images : str
        Both in words.
    threads : int
        Parts of the images that run side by side.
    """

    name: str
    subject: Subject
    calibration: NDArray[np.float32]
    labelled: LabelledImages
    images: str
    threads: int

    @cached_property
    def exact(self) -> NDArray[np.float64]:
        """Answers of the float network for all labelled images [N, classes]."""
        return self.logits(self.subject, Quantized())

    def logits(self, subject: Subject, run: Quantized) -> NDArray[np.float64]:
        """Return the answers of a quantized network for all labelled images [N, classes]."""
        with team(self.threads) as members:
            parts = [answers(subject, images, run, members) for images in self._chunks()]
        found: NDArray[np.float64] = np.concatenate(parts).reshape(len(self.labelled), -1).astype(np.float64)
        return found

    def _chunks(self) -> Iterator[NDArray[np.float32]]:
        for images, _ in self.labelled.batches(CHUNK, self.subject.image_shape, self.subject.path):
            yield images


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a quantized network does on the labelled images.

    Attributes
    ----------
    top1_percent : float
        Images whose label is the answer.
    drop_points : float
        Top-1 of the float network minus it.
    drop_error_points : float
        Standard error of the drop, from the differences image by image.
    agreement_percent : float
        Images with the float network's answer.
    divergence_nat : float
        Mean Kullback-Leibler divergence of the answers from the float network's.
    """

    top1_percent: float
    drop_points: float
    drop_error_points: float
    agreement_percent: float
    divergence_nat: float

    def cells(self) -> dict[str, str]:
        """Return all as the cells of a table."""
        return {
            "top1_percent": f"{self.top1_percent:.2f}",
            "drop_points": f"{self.drop_points:.2f}",
            "drop_error_points": f"{self.drop_error_points:.2f}",
            "agreement_percent": f"{self.agreement_percent:.2f}",
            "divergence_nat": f"{self.divergence_nat:.4g}",
        }


def judged(network: AtHand, logits: NDArray[np.float64]) -> Verdict:
    """Compare answers [N, classes] with the labels, and with the float network's answers."""
    labels = network.labelled.labels
    if labels is None:
        raise NetworkError(f"images must be labelled, got none ({network.labelled.source})")
    right, exactly = (in_top(values, labels, 1) for values in (logits, network.exact))
    lost = exactly.astype(np.float64) - right
    return Verdict(
        100 * float(right.mean()),
        100 * float(lost.mean()),
        100 * float(lost.std() / np.sqrt(len(lost))),
        100 * float((classes_of(logits) == classes_of(network.exact)).mean()),
        divergence(network.exact, logits),
    )


def at_hand(name: str, pack: Path | None, calibration: int, images: int | None, threads: int) -> AtHand:
    """Read a network and its images.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    pack : Path, optional
        The data pack.
    calibration : int
        The most images to fit formats to.
    images : int, optional
        The most labelled images; by default all.

    Raises
    ------
    NetworkError
        If something cannot be read, or the network lies in the data pack and none is given.
    """
    if name not in PACK:
        own = TRAINED[name]
        fits = _part(read_images(own.calibration, None, own.preprocess), 0, calibration)
        labelled = _part(read_images(own.images, None, own.preprocess), 0, images)
        return _at_hand(name, own.model, fits, labelled, threads)
    if pack is None:
        raise NetworkError(f"data pack must be given for {name} (--data), got none")
    entry = PACK[name]
    found = read_images(pack / entry.images, entry.labels and pack / entry.labels, entry.preprocess)
    if entry.calibration is not None:
        fits = _part(read_images(pack / entry.calibration, None, entry.preprocess), 0, calibration)
        labelled = _part(found, 0, images)
    else:
        rest = len(found) - RESERVED
        fits = _part(found, rest, rest + min(calibration, RESERVED))
        labelled = _part(found, 0, rest if images is None else min(images, rest))
    return _at_hand(name, pack / "models" / f"{entry.model}.onnx", fits, labelled, threads)


def _at_hand(name: str, model: Path, fits: LabelledImages, labelled: LabelledImages, threads: int) -> AtHand:
    subject = Subject(model)
    reserved = f", the first of its last {RESERVED}" if fits.source == labelled.source else ""
    judge, fit = (f"{len(part)} of {part.source.parent.name}/{part.source.name}" for part in (labelled, fits))
    images = f"judged by {judge}; formats fitted to {fit}{reserved}"
    return AtHand(name, subject, prepared_images(fits, subject), labelled, images, threads)


def _part(images: LabelledImages, start: int, stop: int | None) -> LabelledImages:
    """Return some of the images."""
    labels = None if images.labels is None else images.labels[start:stop]
    places: Any = images.label_places[start:stop]
    return replace(images, inputs=images.inputs[start:stop], labels=labels, label_places=places)
