"""Pictures, in a folder or an archive, and making network inputs of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import first_line, printable
from lpasim.quantization.archive import read_archive
from lpasim.quantization.preprocess import Preprocess

NAME = "images"
"""What their array in an archive is called."""
HOW_TO_CHOOSE = "--preprocess says how images become inputs; by default imagenet"
"""What a message ends with where images do not fit."""
HOW_TO_INSTALL = "in a checkout of lpasim: pip install '.[calibrate]'"
"""What brings Pillow and onnxruntime."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A file, or one picture of an archive, whose `pixels` [H, W, 3] are then at hand."""

    kind: ClassVar[str] = "images"
    path: Path
    pixels: NDArray[np.uint8] | None = None

    def prepare(self, rule: Preprocess) -> NDArray[np.float32]:
        """Return the network's input [1, channels, H, W].

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
            got = f"{_fault(error)} ({printable(self.path)})"
            raise NetworkError(f"image must be a readable picture, got {got}") from error


def find_pictures(folder: Path) -> list[Picture]:
    """List the pictures of a folder, in the order of their names.

    Raises
    ------
    NetworkError
        If Pillow is not installed.
    """
    _need_pillow()
    return [Picture(path) for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]


def read_pictures(source: Path) -> list[Picture]:
    """Read the pictures of an archive: `images` [N, H, W, 3], uint8.

    Raises
    ------
    NetworkError
        If Pillow is not installed, or the array is another.
    """
    _need_pillow()
    pictures = read_archive(source, NAME)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        got = f"{pictures.dtype} {list(pictures.shape)}"
        raise NetworkError(f"images must be uint8 [N, H, W, 3], got {got} ({printable(source)})")
    return [Picture(source, pixels) for pixels in pictures]


def _need_pillow() -> None:
    try:
        import PIL.Image  # noqa: F401 (a later picture would fail in the midst of a run)
    except ImportError as error:
        raise NetworkError(f"Pillow must be installed to read images, got none; {HOW_TO_INSTALL}") from error


def _fault(error: Exception) -> str:
    """Say in plain words what is wrong with a file."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "none of a known kind"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return first_line(error)


def _prepare(image: Any, rule: Preprocess, path: Path) -> NDArray[np.float32]:
    from PIL import Image

    image = image.convert("RGB" if rule.channels == 3 else "L")
    if (size := rule.resized(*image.size)) != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    if rule.crop:
        if min(image.size) < rule.crop:
            got = f"{image.width} x {image.height} (preprocess {rule.name}, {printable(path)})"
            raise NetworkError(f"image must be at least {rule.crop} x {rule.crop}, got {got}; {HOW_TO_CHOOSE}")
        left, top = map(rule.corner, image.size)
        image = image.crop((left, top, left + rule.crop, top + rule.crop))
    pixels = np.asarray(image)
    return rule.normalize(np.moveaxis(np.atleast_3d(pixels), 2, 0))[None]
