"""Observing a network's activations on images, with onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.sample import Sample, draw, pool

SAMPLE_AN_IMAGE = 4096
"""Elements that are kept of each tensor and image."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def observe(model: Path, tensors: Sequence[str], images: Path, limit: int, preprocess: str) -> dict[str, Sample]:
    """Run a network on images and sample its tensors.

    Parameters
    ----------
    model : Path
        ONNX file with one input of images [N, 3, H, W].
    tensors : sequence of str
        What to observe.
    images : Path
        A folder of images, taken in the order of their names, or an ``.npz`` file with `images` [N, H, W, 3], uint8.
    limit : int
        Number of images.
    preprocess : str
        A key of `PREPROCESSES`.

    Raises
    ------
    NetworkError
        If onnxruntime or Pillow are not installed, there are no images, or the network does not run on them.
    """
    if preprocess not in PREPROCESSES:
        raise NetworkError(f"preprocess must be one of {', '.join(PREPROCESSES)}, got {preprocess!r}")
    if limit < 1:
        raise NetworkError(f"limit must be at least 1 image, got {limit}")
    session, name, shape = _session(model, tensors)
    wanted = [tensor for tensor in tensors if tensor != name]
    found: dict[str, list[Sample]] = {tensor: [] for tensor in tensors}
    for pixels in _pixels(images, limit, PREPROCESSES[preprocess]):
        _check_shape(pixels.shape, shape, preprocess, model)
        try:
            results = session.run(wanted, {name: pixels})
        except Exception as error:  # onnxruntime's exceptions share no narrower base
            rule = f"network must run on images of shape {pixels.shape}"
            raise NetworkError(f"{rule}, got {_line(error)} ({model})") from error
        for tensor, values in zip((*wanted, name), (*results, pixels), strict=True):
            if tensor in found:
                found[tensor].append(draw(values, SAMPLE_AN_IMAGE))
    return {tensor: pool(samples) for tensor, samples in found.items()}


def _session(path: Path, tensors: Sequence[str]) -> tuple[Any, str, Sequence[int | str | None]]:
    """Make an onnxruntime session that returns `tensors`; also return the name and shape of the network's input."""
    try:
        import onnxruntime
    except ImportError as error:
        raise NetworkError("calibration must have onnxruntime, got none: pip install 'lpasim[calibrate]'") from error
    import onnx
    import onnx.inliner

    try:
        model = onnx.load_model(path)
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise NetworkError(f"calibrated network must hold its weights, got {_line(error)} ({path})") from error
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in stored]
    if len(inputs) != 1:
        raise NetworkError(f"calibrated network must have one input, got {len(inputs)} ({path})")
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in tensors if tensor != inputs[0])
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no narrower base
        raise NetworkError(f"calibrated network must run in onnxruntime, got {_line(error)} ({path})") from error
    return session, inputs[0], session.get_inputs()[0].shape


def _check_shape(got: tuple[int, ...], expected: Sequence[int | str | None], preprocess: str, model: Path) -> None:
    """Refuse images whose shape is not the network's, where that is fixed."""
    fits = len(got) == len(expected) and all(
        size == want for size, want in zip(got, expected, strict=True) if isinstance(want, int)
    )
    if not fits:
        wanted = "x".join(str(size or "?") for size in expected)
        shape = "x".join(str(size) for size in got)
        raise NetworkError(f"network expects {wanted}, got images of {shape} (preprocess {preprocess}, {model})")


def _line(error: Exception) -> str:
    """Return the first line of another library's message."""
    return printable((str(error).strip().splitlines() or [repr(error)])[0])


def _pixels(source: Path, limit: int, preprocess: Preprocess) -> Iterator[NDArray[np.float32]]:
    """Generate network inputs [1, 3, H, W]."""
    try:
        from PIL import Image
    except ImportError as error:
        raise NetworkError("calibration must have Pillow, got none: pip install 'lpasim[calibrate]'") from error

    if source.suffix == ".npz" and source.is_file():
        for picture in _archived(source)[:limit]:
            yield _prepare(Image.fromarray(picture), preprocess)
        return
    if not source.is_dir():
        raise NetworkError(f"images must be a folder or an .npz file, got {str(source)!r}")
    paths = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES)[:limit]
    if not paths:
        raise NetworkError(f"images must be a folder with at least one image, got none ({source})")
    for path in paths:
        try:
            with Image.open(path) as image:
                pixels = _prepare(image, preprocess)
        except OSError as error:
            raise NetworkError(f"image must be a readable picture, got {_line(error)} ({path})") from error
        yield pixels


def _archived(source: Path) -> NDArray[np.uint8]:
    """Read the pictures [N, H, W, 3] of an archive."""
    try:
        with source.open("rb") as file, np.load(file) as archive:
            if "images" not in archive:
                raise NetworkError(f"image archive must hold 'images', got {', '.join(archive)} ({source})")
            pictures = np.asarray(archive["images"])
    except (OSError, EOFError, TypeError, ValueError, BadZipFile) as error:
        raise NetworkError(f"image archive must be a whole .npz file, got {_line(error)} ({source})") from error
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        got = f"{pictures.dtype} {list(pictures.shape)}"
        raise NetworkError(f"images must be uint8 [N, H, W, 3], got {got} ({source})")
    return pictures


def _prepare(image: Any, preprocess: Preprocess) -> NDArray[np.float32]:
    from PIL import Image

    image = image.convert("RGB")
    if preprocess.resize:
        image = image.resize((preprocess.resize, preprocess.resize), Image.Resampling.BILINEAR)
    if preprocess.crop:
        if min(image.size) < preprocess.crop:
            rule = f"at least {preprocess.crop} x {preprocess.crop}"
            raise NetworkError(f"image must be {rule}, got {image.width} x {image.height} (preprocessing)")
        left, top = ((size - preprocess.crop + 1) // 2 for size in image.size)
        image = image.crop((left, top, left + preprocess.crop, top + preprocess.crop))
    scaled = np.asarray(image, dtype=np.float32) / 255
    mean, std = (np.array(values, dtype=np.float32) for values in (preprocess.mean, preprocess.std))
    return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1)[None], dtype=np.float32)
