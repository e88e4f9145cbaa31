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
WIDE_MODES = ("I", "F")
"""What Pillow's names of modes begin with whose values it would not scale to 8 bits, but cut off at 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A file, or one picture of an archive, whose `pixels` [H, W, 3], or [H, W] of a grey one, are then at hand."""

    kind: ClassVar[str] = "images"
    path: Path
    pixels: NDArray[np.uint8] | None = None

    def prepare(self, rule: Preprocess) -> NDArray[np.float32]:
        """Return the network's input [1, channels, H, W].

        Raises
        ------
        NetworkError
            If the file is no whole picture, or smaller than what is cut out of it, or Pillow is needed and not
            installed.
        """
        if self.pixels is None:
            pixels = _read(self.path, rule)
        elif _is_ready(self.pixels, rule):
            pixels = self.pixels
        else:
            _need_pillow()
            from PIL import Image

            pixels = _converted(Image.fromarray(self.pixels), rule)
        return rule.normalize(np.moveaxis(np.atleast_3d(_cut(pixels, rule, self.path)), 2, 0))[None]


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
    """Read the pictures of an archive: `images`, uint8, [N, H, W, 3] or, of grey ones, [N, H, W].

    Raises
    ------
    NetworkError
        If the array is another.
    """
    pictures = read_archive(source, NAME)
    coloured = pictures.ndim == 4 and pictures.shape[-1] == 3
    if pictures.dtype != np.uint8 or not (coloured or pictures.ndim == 3) or 0 in pictures.shape[1:]:
        got = f"{pictures.dtype} {list(pictures.shape)}"
        raise NetworkError(f"images must be uint8 [N, H, W, 3] or [N, H, W], got {got} ({printable(source)})")
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


def _read(path: Path, rule: Preprocess) -> NDArray[np.uint8]:
    """Read a file, and convert what is in it."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.mode.startswith(WIDE_MODES):
                got = f"mode {image.mode} ({printable(path)})"
                raise NetworkError(f"image must have at most 8 bits a channel, got {got}")
            return _converted(image, rule)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        got = f"{_fault(error)} ({printable(path)})"
        raise NetworkError(f"image must be a readable picture, got {got}") from error


def _is_ready(pixels: NDArray[np.uint8], rule: Preprocess) -> bool:
    """Tell whether a picture has its channels and its size before it is cut, so that Pillow is not needed."""
    height, width = pixels.shape[:2]
    return (pixels.ndim == 3) == (rule.channels == 3) and rule.resized(width, height) == (width, height)


def _converted(image: Any, rule: Preprocess) -> NDArray[np.uint8]:
    """Return the pixels [H, W, 3] or [H, W] of an image, coloured or grey, at the size that it has before it is cut."""
    from PIL import Image

    image = image.convert("RGB" if rule.channels == 3 else "L")
    if (size := rule.resized(*image.size)) != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image)


def _cut(pixels: NDArray[np.uint8], rule: Preprocess, path: Path) -> NDArray[np.uint8]:
    """Cut the middle out."""
    if not rule.crop:
        return pixels
    height, width = pixels.shape[:2]
    if min(height, width) < rule.crop:
        got = f"{width} x {height} (preprocess {rule.name}, {printable(path)})"
        raise NetworkError(f"image must be at least {rule.crop} x {rule.crop}, got {got}; {HOW_TO_CHOOSE}")
    top, left = rule.corner(height), rule.corner(width)
    return pixels[top : top + rule.crop, left : left + rule.crop]
