"""The sizes of a network's inputs: what the file fixes, the batch, and what the user gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from lpasim.errors import NetworkError
from lpasim.networks.graph import Shape
from lpasim.networks.printable import printable

Declared = tuple[int | str, ...]
MAX_ELEMENTS = 2**31
_ENTRY = re.compile(r"(?:(?P<name>.+):)?(?P<shape>-?\d+(?:x-?\d+)*)")


def resolve_input_shapes(
    declared: Mapping[str, Declared],
    network: str,
    *,
    batch: int | None = None,
    text: str | None = None,
    otherwise: Mapping[str, Shape] | None = None,
) -> tuple[dict[str, Shape], int]:
    """Fill in the open dimensions of every input.

    Parameters
    ----------
    declared : Mapping
        Per input, sizes and names of open dimensions.
    network : str
        Name for messages.
    batch : int, optional
        Size of open leading dimensions, and of every dimension of the same name; 1 if neither this nor `text` says.
    text : str, optional
        ``"1x3x224x224"`` for the only input, or ``"input:1x3x224x224,mask:1x77"``.
    otherwise : Mapping, optional
        Shapes, by the printable names of inputs, whose sizes are taken where all else leaves one open.

    Returns
    -------
    dict
        Shape of every input.
    int
        Size of the leading dimension of the first input.

    Raises
    ------
    NetworkError
        If a size stays open, is not positive, or contradicts the file.
    """
    if batch is not None and batch < 1:
        raise NetworkError(f"batch must be at least 1, got {batch} ({network})")
    if batch is not None and batch > MAX_ELEMENTS:
        raise NetworkError(f"batch must be at most 2^31, got {batch} ({network})")
    given = _parse(text, declared, network) if text is not None else {}
    open_batch = {dims[0] for dims in declared.values() if dims and isinstance(dims[0], str) and dims[0]}
    shapes: dict[str, Shape] = {}
    still_open: list[str] = []
    for name, dims in declared.items():
        wanted = given.get(name, tuple(None for _ in dims))
        if len(wanted) != len(dims):
            raise NetworkError(
                f"shape of input {name!r} must have {len(dims)} dimensions, got {len(wanted)} ({network})"
            )
        sizes = [
            _size(dim, want, batch if axis == 0 or dim in open_batch else None, axis == 0 or dim in open_batch, where)
            for axis, (dim, want) in enumerate(zip(dims, wanted, strict=True))
            for where in [f"dimension {axis} of input {name!r}, {network}"]
        ]
        known = (otherwise or {}).get(printable(name), ())
        if len(known) == len(dims):
            sizes = [other if size is None else size for size, other in zip(sizes, known, strict=True)]
        still_open += (f"{dims[axis] or '?'!r} of input {name!r}" for axis, size in enumerate(sizes) if size is None)
        shapes[name] = tuple(size for size in sizes if size is not None)
        if prod(shapes[name]) > MAX_ELEMENTS:
            raise NetworkError(f"input {name!r} must have at most 2^31 elements, got {prod(shapes[name])} ({network})")
    if still_open:
        rule = "every size must be given with --input-shape"
        raise NetworkError(f"{rule}, got the open dimensions {', '.join(still_open)} ({network})")
    leading = next((shape[0] for shape in shapes.values() if shape), 1)
    return shapes, leading


def _size(dim: int | str, want: int | None, batch: int | None, is_batch: bool, where: str) -> int | None:
    """Settle one dimension from the file's size or open name, the user's size, and the batch; None: it stays open."""
    if want is not None and want < 1:
        raise NetworkError(f"size must be at least 1, got {want} ({where})")
    if isinstance(dim, int):
        if dim < 1:
            raise NetworkError(f"size must be at least 1, got {dim} ({where})")
        if want not in (None, dim):
            raise NetworkError(f"size must be {dim}, as the file fixes it, got {want} ({where})")
        if is_batch and batch not in (None, dim):
            raise NetworkError(f"batch must be {dim}, as the file fixes it, got {batch} ({where})")
        return dim
    if want is not None and is_batch and batch not in (None, want):
        raise NetworkError(f"batch must agree with the input shape's {want}, got {batch} ({where})")
    return want if want is not None else (batch or 1) if is_batch else None


def _parse(text: str, declared: Mapping[str, Declared], network: str) -> dict[str, tuple[int, ...]]:
    """Read the user's shapes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for entry in text.split(","):
        match = _ENTRY.fullmatch(entry.strip())
        if match is None:
            raise NetworkError(
                f"input shape must read like 1x3x224x224 or input:1x3x224x224, got {entry!r} ({network})"
            )
        name = match["name"]
        if name is None:
            if len(declared) != 1:
                raise NetworkError(
                    f"input shape must name its input, one of {', '.join(declared)}, got {entry!r} ({network})"
                )
            name = next(iter(declared))
        if name not in declared:
            raise NetworkError(
                f"input shape must name an input, one of {', '.join(declared)}, got {name!r} ({network})"
            )
        shapes[name] = tuple(int(size) for size in match["shape"].split("x"))
    return shapes
