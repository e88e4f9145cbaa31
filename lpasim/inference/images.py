"""Labelled images, as batches of network inputs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import first_line, printable
from lpasim.quantization.archive import archived_names, is_archive, read_archive
from lpasim.quantization.inputs import Input, find_inputs, prepare
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.preprocess_file import find_preprocess

MAX_DIGITS = 9
"""Most digits of a label: more than any number of classes, and safe in 64 bits."""
Batch = tuple[NDArray[np.float32], NDArray[np.int64] | None]


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images or features, how they are prepared, and their labels [N], if known."""

    source: Path
    inputs: tuple[Input, ...]
    labels: NDArray[np.int64] | None
    preprocess: Preprocess

    def __len__(self) -> int:
        return len(self.inputs)

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
    """Find images and their labels. The labels of all images are checked, whatever the limit.

    Parameters
    ----------
    source : Path
        What `find_inputs` takes: a folder of images, or an ``.npz`` file of images or features, perhaps with `labels`
        [N].
    labels : Path, optional
        CSV file with the columns `file`, relative to the file's own folder or to `source`, and `label`, from 0 on.
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
    known: NDArray[np.int64] | None
    if is_archive(source):
        if labels is not None:
            raise NetworkError(f"labels must lie in the archive itself, as 'labels', got the file {labels} ({source})")
        known = _archived_labels(source, len(inputs))
    else:
        known = None if labels is None else _labels_of(inputs, source, labels)
    return LabelledImages(source, tuple(inputs[:limit]), None if known is None else known[:limit], rule)


def _archived_labels(source: Path, count: int) -> NDArray[np.int64] | None:
    if "labels" not in archived_names(source):
        return None
    labels = read_archive(source, "labels")
    whole = np.issubdtype(labels.dtype, np.integer)
    if not whole or labels.shape != (count,) or labels.min() < 0 or labels.max() >= 10**MAX_DIGITS:
        got = f"{labels.dtype} {list(labels.shape)}"
        raise NetworkError(f"labels must be {count} whole numbers from 0 on, got {got} ({source})")
    return labels.astype(np.int64)


def _labels_of(inputs: Sequence[Input], source: Path, file: Path) -> NDArray[np.int64]:
    """Return the label of each picture of a folder."""
    places = {item.path.resolve(): index for index, item in enumerate(inputs)}
    labels: dict[int, int] = {}
    unknown: list[str] = []
    for line, name, label in _lines(file):
        index = next((places[path] for path in _candidates(name, file.parent, source) if path in places), None)
        if index is None:
            unknown.append(name)
        elif labels.setdefault(index, label) != label:
            got = f"{labels[index]} and {label} for {printable(name)!r}"
            raise NetworkError(f"an image must have one label, got {got} ({file}, line {line})")
    if unknown:
        got = f"{len(unknown)} other{'' if len(unknown) == 1 else 's'}, the first {printable(unknown[0])!r}"
        raise NetworkError(f"label file must name images of {source}, got {got} ({file})")
    missing = [item.path.name for index, item in enumerate(inputs) if index not in labels]
    if missing:
        got = f"{len(missing)} without, the first {printable(missing[0])!r}"
        raise NetworkError(f"every image must have a label, got {got} ({file})")
    return np.array([labels[index] for index in range(len(inputs))], dtype=np.int64)


def _candidates(name: str, *folders: Path) -> Iterator[Path]:
    """Return what a file name may mean, in turn."""
    return ((folder / name).resolve() for folder in folders)


def _lines(file: Path) -> Iterator[tuple[int, str, int]]:
    """Read a label file: the number of each line, its file name and its label."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.DictReader(text)
            columns = reader.fieldnames or ()
            if "file" not in columns or "label" not in columns:
                got = printable(", ".join(columns)) or "no columns"
                raise NetworkError(f"label file must have the columns file and label, got {got} ({file})")
            for row in reader:
                yield reader.line_num, row["file"] or "", _label(row["label"], f"{file}, line {reader.line_num}")
    except OSError as error:
        raise NetworkError(f"label file must be readable, got {(error.strerror or '').lower()} ({file})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise NetworkError(f"label file must be a CSV file, got {first_line(error)} ({file})") from error


def _label(text: str | None, where: str) -> int:
    if text is None or not text.strip().isdecimal():
        raise NetworkError(f"label must be a whole number from 0 on, got {printable(text or '')!r} ({where})")
    if len(text.strip()) > MAX_DIGITS:
        raise NetworkError(f"label must have at most {MAX_DIGITS} digits, got {len(text.strip())} ({where})")
    return int(text)
