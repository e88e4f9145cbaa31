"""Label files: CSV text that says which class each image of a folder shows."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable

MAX_DIGITS = 9
"""Most digits of a label: more than any number of classes, and safe in 64 bits."""
COLUMNS = ("file", "label")
HOW_NAMES_MATCH = "a file is named relative to the label file or to the images, or by its last part alone"


@dataclass(frozen=True, slots=True)
class Label:
    """A class, and the line of the label file that gives it."""

    value: int
    place: str


def labels_of(images: Sequence[Path], taken: int, source: Path, file: Path) -> list[Label]:
    """Return the labels of the first images of a folder.

    Parameters
    ----------
    images : sequence of Path
        All images of the folder.
    taken : int
        How many of them must have a label.
    source : Path
        The folder.
    file : Path
        CSV file with the columns `file` and `label`. A file is named relative to the CSV file's folder or to `source`;
        one that lies in neither place is the image of the same name, whatever folder stands in front. Every line must
        name an image, taken or not.

    Raises
    ------
    NetworkError
        If the file cannot be read, a line names no image or has no label, an image has two labels, or lacks one.
    """
    places = {os.path.realpath(path): index for index, path in enumerate(images)}
    names = {path.name: index for index, path in enumerate(images)}
    found: dict[int, Label] = {}
    unknown = []
    for name, label in _lines(file):
        paths = [os.path.realpath(folder / name) for folder in (file.parent, source)]
        index = next((places[path] for path in paths if path in places), names.get(PurePath(name).name))
        if index is None:
            unknown.append(name)
        elif found.setdefault(index, label).value != label.value:
            got = f"{found[index].value} and {label.value} for {printable(name)!r}"
            raise NetworkError(f"an image must have one label, got {got} ({label.place})")
    if unknown:
        got = f"{len(unknown)} other{'' if len(unknown) == 1 else 's'}, the first {printable(unknown[0])!r}"
        where = f"{printable(file)}; {HOW_NAMES_MATCH}"
        raise NetworkError(f"label file must name images of {printable(source)}, got {got} ({where})")
    missing = [path.name for index, path in enumerate(images[:taken]) if index not in found]
    if missing:
        got = f"{len(missing)} without, the first {printable(missing[0])!r}"
        raise NetworkError(f"every image must have a label, got {got} ({printable(file)}; {HOW_NAMES_MATCH})")
    return [found[index] for index in range(taken)]


def _lines(file: Path) -> Iterator[tuple[str, Label]]:
    """Read a label file: the name of each line's image, and its label."""
    name = printable(file)
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.DictReader(text, strict=True)
            columns = reader.fieldnames or ()
            if not set(COLUMNS) <= set(columns):
                got = printable(", ".join(columns)) or "no columns"
                raise NetworkError(f"label file must have the columns {' and '.join(COLUMNS)}, got {got} ({name})")
            for row in reader:
                place = f"{name}, line {reader.line_num}"
                if "\0" in (row["file"] or ""):
                    raise NetworkError(f"label file must be a CSV file, got zero bytes ({place})")
                yield row["file"] or "", Label(_label(row["label"], place), place)
    except OSError as error:
        raise NetworkError(f"label file must be readable, got {(error.strerror or '').lower()} ({name})") from error
    except UnicodeDecodeError as error:
        raise NetworkError(f"label file must be a CSV file in UTF-8, got other bytes ({name})") from error
    except csv.Error as error:
        raise NetworkError(f"label file must be a CSV file, got lines that are none ({name})") from error


def _label(text: str | None, where: str) -> int:
    if text is None or not text.strip().isdecimal():
        raise NetworkError(f"label must be a whole number from 0 on, got {printable(text or '')!r} ({where})")
    if len(text.strip()) > MAX_DIGITS:
        raise NetworkError(f"label must have at most {MAX_DIGITS} digits, got {len(text.strip())} ({where})")
    return int(text)
