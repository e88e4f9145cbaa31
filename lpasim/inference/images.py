"""Labelled images, as batches of network inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.inference.labels import MAX_DIGITS, labels_of
from lpasim.networks.printable import printable
from lpasim.quantization.archive import archived_names, is_archive, read_archive
from lpasim.quantization.inputs import Input, find_inputs, prepare
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.preprocess_file import find_preprocess

Batch = tuple[NDArray[np.float32], NDArray[np.int64] | None]


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images or features, how they are prepared, and their labels [N], if known.

    Attributes
    ----------
    label_places : tuple of str
        Where each label comes from, for messages; empty where that is the source.
    """

    source: Path
    inputs: tuple[Input, ...]
    labels: NDArray[np.int64] | None
    preprocess: Preprocess
    label_places: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    def check_labels(self, classes: int) -> None:
        """Refuse labels that are no class of a network.

        Raises
        ------
        NetworkError
            If there is one. It names where the label stands.
        """
        if self.labels is None or self.labels.max() < classes:
            return
        first = int(np.argmax(self.labels >= classes))
        where = self.label_places[first] if self.label_places else printable(self.source)
        got = f"{self.labels[first]} for image {first + 1}"
        raise NetworkError(f"labels must be below {classes}, the classes of the network, got {got} ({where})")

    def batches(self, size: int, shape: Sequence[int], model: object) -> Iterator[Batch]:
        """Read the images, `size` at a time; the last batch may be smaller.

        Parameters
        ----------
        size : int
            Images in a batch, at least 1.
        shape : sequence of int
            Shape of one image as the network expects it, such as (3, H, W).
        model : object
            The network, for messages.

        Yields
        ------
        ndarray [n, *shape]
            Prepared images.
        ndarray [n] or None
            Their labels.

        Raises
        ------
        NetworkError
            If an image cannot be read, or has another shape.
        """
        for start in range(0, len(self), size):
            found = self.inputs[start : start + size]
            prepared = [prepare(item, self.preprocess, (1, *shape), model) for item in found]
            labels = None if self.labels is None else self.labels[start : start + size]
            yield np.concatenate(prepared), labels


def read_images(
    source: Path, labels: Path | None, preprocess: Preprocess | str, limit: int | None = None
) -> LabelledImages:
    """Find images and their labels.

    Parameters
    ----------
    source : Path
        What `find_inputs` takes: a folder of images, or an ``.npz`` file of images or features, perhaps with `labels`
        [N].
    labels : Path, optional
        CSV file with the columns `file` and `label`, from 0 on. A file is named relative to the CSV file's folder or to
        `source`; one that lies in neither place is the image of the same name, whatever folder stands in front. Every
        line must name an image, and every image that is taken must have a label.
    preprocess : Preprocess or str
        How they are prepared, or what `find_preprocess` takes.
    limit : int, optional
        Take the first of the images, at most that many.

    Raises
    ------
    NetworkError
        If there are no images, the labels do not fit them, or the preprocessing is unknown.
    """
    rule = preprocess if isinstance(preprocess, Preprocess) else find_preprocess(preprocess)
    inputs = find_inputs(source)
    taken = tuple(inputs[:limit])
    if is_archive(source):
        if labels is not None:
            got = f"the file {printable(labels)} ({printable(source)})"
            raise NetworkError(f"labels must lie in the archive itself, as 'labels', got {got}")
        known = _archived_labels(source, len(inputs))
        return LabelledImages(source, taken, None if known is None else known[:limit], rule)
    if labels is None:
        return LabelledImages(source, taken, None, rule)
    found = labels_of([item.path for item in inputs], len(taken), source, labels)
    values = np.array([label.value for label in found], dtype=np.int64)
    return LabelledImages(source, taken, values, rule, tuple(label.place for label in found))


def _archived_labels(source: Path, count: int) -> NDArray[np.int64] | None:
    if "labels" not in archived_names(source):
        return None
    labels = read_archive(source, "labels")
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or labels.shape != (count,) or labels.min() < 0 or labels.max() >= 10**MAX_DIGITS:
        got = f"{labels.dtype} {list(labels.shape)}"
        raise NetworkError(f"labels must be {count} whole numbers from 0 on, got {got} ({printable(source)})")
    return labels.astype(np.int64)
