"""Pictures, in a folder or an archive, and making network inputs of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import first_line
from lpasim.quantization.archive import read_archive
from lpasim.quantization.preprocess import Preprocess

NAME = "images"
"""What their array in an archive is called."""
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
            raise NetworkError(f"image must be a readable picture, got {first_line(error)} ({self.path})") from error


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
        raise NetworkError(f"images must be uint8 [N, H, W, 3], got {got} ({source})")
    return [Picture(source, pixels) for pixels in pictures]


def _need_pillow() -> None:
    try:
        import PIL.Image  # noqa: F401 (a later picture would fail in the midst of a run)
    except ImportError as error:
        raise NetworkError("reading images must have Pillow, got none: pip install 'lpasim[calibrate]'") from error


def _prepare(image: Any, rule: Preprocess, path: Path) -> NDArray[np.float32]:
    from PIL import Image

    image = image.convert("RGB" if rule.channels == 3 else "L")
    if rule.resize:
        image = image.resize((rule.resize, rule.resize), Image.Resampling.BILINEAR)
    if rule.crop:
        if min(image.size) < rule.crop:
            least = f"at least {rule.crop} x {rule.crop}"
            raise NetworkError(f"image must be {least}, got {image.width} x {image.height} ({path})")
        left, top = ((size - rule.crop + 1) // 2 for size in image.size)
        image = image.crop((left, top, left + rule.crop, top + rule.crop))
    pixels = np.asarray(image)
    return rule.normalize(np.moveaxis(np.atleast_3d(pixels), 2, 0))[None]
