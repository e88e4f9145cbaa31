"""Finding pictures, in a folder or an archive, and making network inputs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A file, or one picture of an archive, whose `pixels` [H, W, 3] are then at hand."""

    path: Path
    pixels: NDArray[np.uint8] | None = None

    def prepare(self, rule: Preprocess) -> NDArray[np.float32]:
        """Return the network's input [1, 3, H, W].

        Raises
        ------
        NetworkError
            If the file is no whole picture, or smaller than what is cut out of it.
        """
        from PIL import Image

        if self.pixels is not None:
            return _prepare(Image.fromarray(self.pixels), rule, self.path)
        try:
            with Image.open(self.path) as image:
                return _prepare(image, rule, self.path)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise NetworkError(f"image must be a readable picture, got {first_line(error)} ({self.path})") from error


def find_pictures(source: Path) -> list[Picture]:
    """List the pictures of a folder, in the order of their names, or of an ``.npz`` file.

    Parameters
    ----------
    source : Path
        A folder of image files, or an archive with `images` [N, H, W, 3], uint8.

    Raises
    ------
    NetworkError
        If Pillow is not installed, or there are no images.
    """
    try:
        import PIL.Image  # noqa: F401 (a later picture would fail in the midst of a run)
    except ImportError as error:
        raise NetworkError("reading images must have Pillow, got none: pip install 'lpasim[calibrate]'") from error
    if is_archive(source):
        found = [Picture(source, pixels) for pixels in _archived(source)]
    elif source.is_dir():
        found = [Picture(path) for path in sorted(source.iterdir()) if path.suffix.lower() in SUFFIXES]
    else:
        raise NetworkError(f"images must be a folder or an .npz file, got {str(source)!r}")
    if not found:
        kind = "an archive" if is_archive(source) else "a folder"
        raise NetworkError(f"images must be {kind} with at least one image, got none ({source})")
    return found


def is_archive(source: Path) -> bool:
    """Tell whether images lie in one ``.npz`` file."""
    return source.suffix == ".npz" and source.is_file()


def preprocess_named(name: str) -> Preprocess:
    """Find a preprocessing by its name.

    Raises
    ------
    NetworkError
        If there is no such preprocessing.
    """
    if name not in PREPROCESSES:
        raise NetworkError(f"preprocess must be one of {', '.join(PREPROCESSES)}, got {name!r}")
    return PREPROCESSES[name]


def check_shape(got: tuple[int, ...], expected: Sequence[int | str | None], preprocess: str, model: object) -> None:
    """Refuse images whose shape is not the network's, where that is fixed.

    Raises
    ------
    NetworkError
        If they differ.
    """
    fits = len(got) == len(expected) and all(
        size == want for size, want in zip(got, expected, strict=True) if isinstance(want, int)
    )
    if not fits:
        wanted = "x".join(str(size or "?") for size in expected)
        shape = "x".join(str(size) for size in got)
        raise NetworkError(f"network expects {wanted}, got images of {shape} (preprocess {preprocess}, {model})")


def read_archive(source: Path, key: str, *, optional: bool = False) -> NDArray[Any] | None:
    """Read one array of an archive; where it has none of that name and may lack it, return None.

    Raises
    ------
    NetworkError
        If the file is damaged or no archive, or does not hold the array.
    """
    try:
        with source.open("rb") as file, np.load(file) as archive:
            if key in archive:
                return np.asarray(archive[key])
            if not optional:
                raise NetworkError(f"image archive must hold {key!r}, got {', '.join(archive)} ({source})")
            return None
    except (OSError, EOFError, TypeError, ValueError, BadZipFile) as error:
        raise NetworkError(f"image archive must be a whole .npz file, got {first_line(error)} ({source})") from error


def first_line(error: Exception) -> str:
    """Return the first line of another library's message."""
    return printable((str(error).strip().splitlines() or [repr(error)])[0])


def _archived(source: Path) -> NDArray[np.uint8]:
    """Read the pictures [N, H, W, 3] of an archive."""
    pictures = np.asarray(read_archive(source, "images"))
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        got = f"{pictures.dtype} {list(pictures.shape)}"
        raise NetworkError(f"images must be uint8 [N, H, W, 3], got {got} ({source})")
    return pictures


def _prepare(image: Any, rule: Preprocess, path: Path) -> NDArray[np.float32]:
    from PIL import Image

    image = image.convert("RGB")
    if rule.resize:
        image = image.resize((rule.resize, rule.resize), Image.Resampling.BILINEAR)
    if rule.crop:
        if min(image.size) < rule.crop:
            least = f"at least {rule.crop} x {rule.crop}"
            raise NetworkError(f"image must be {least}, got {image.width} x {image.height} ({path})")
        left, top = ((size - rule.crop + 1) // 2 for size in image.size)
        image = image.crop((left, top, left + rule.crop, top + rule.crop))
    scaled = np.asarray(image, dtype=np.float32) / 255
    mean, std = (np.array(values, dtype=np.float32) for values in (rule.mean, rule.std))
    return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1)[None], dtype=np.float32)
