"""Dumps of layers as safetensors files: four tensors, and text that says what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from lpasim import __version__
from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.errors import DumpError, FormatError, OutputError
from lpasim.formats import LogPosit, parse_format
from lpasim.inference.dump import LayerDump, LayerSetting, Side
from lpasim.networks.printable import printable
from lpasim.whole_file import write_whole

SCHEMA: Final = "lpasim-layer-dump"
VERSION: Final = "1"
KINDS: Final = {"first": np.uint8, "second": np.uint8, "sums": np.float64, "words": np.uint8}
"""Tensors of a file, and their types."""
FORMATS: Final = ("first_format", "second_format", "output_format")
WIDEST: Final = 8
"""Bits of the widest code word that the tensors hold."""


def dump_bytes(dump: LayerDump) -> bytes:
    """Return what a file of a dump holds."""
    from safetensors.numpy import save

    content: bytes = save({name: getattr(dump, name) for name in KINDS}, _metadata(dump.setting))
    return content


def write_dump(dump: LayerDump, path: Path) -> None:
    """Write a dump, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_whole(dump_bytes(dump), path, "layer dump")


def file_for(network: str, layer: str) -> Path:
    """Return the file in the working directory that a dump of a layer goes to.

    Raises
    ------
    OutputError
        If the place is taken by anything but an earlier dump of the same layer.
    """
    path = Path(re.sub(r"[^\w.-]", "_", layer) + ".safetensors")  # names of layers may hold slashes
    if path.exists() or path.is_symlink():
        try:
            setting = read_dump(path).setting
        except DumpError:
            got = "another file"
        else:
            got = str(setting)
            if (setting.network, setting.layer) == (printable(network), layer):
                return path
        wanted = f"a new file or an earlier dump of layer {layer} of {network}"
        raise OutputError(f"layer dump must go to {wanted}, got {got} ({path})")
    return path


def read_dump(path: Path) -> LayerDump:
    """Read a dump.

    Raises
    ------
    DumpError
        If the file is missing, broken or no dump of this version, or its tensors do not fit together.
    """
    metadata, tensors = _content(path)
    if metadata.get("schema") != SCHEMA:
        raise DumpError(f"schema must be {SCHEMA!r}, got {metadata.get('schema')!r} ({path})")
    if metadata.get("version") != VERSION:
        raise DumpError(f"version must be {VERSION!r}, got {metadata.get('version')!r} ({path})")
    try:
        dump = LayerDump(_setting(metadata), **tensors)
    except KeyError as error:
        raise DumpError(f"metadata must have {error.args[0]}, got none ({path})") from error
    except (FormatError, ValueError) as error:
        raise DumpError(f"{error} ({path})") from error
    _check_shapes(dump, path)
    _check_words(dump, path)
    return dump


def _metadata(setting: LayerSetting) -> dict[str, str]:
    formats = {name: getattr(setting, name).spec for name in FORMATS}
    texts = {name: getattr(setting, name) for name in ("network", "layer", "accumulator", "stationary")}
    widths = {name: str(value) for name, value in asdict(setting.datapath).items()}
    return {"schema": SCHEMA, "version": VERSION, "lpasim_version": __version__, **texts, **widths, **formats}


def _content(path: Path) -> tuple[Mapping[str, str], dict[str, NDArray[Any]]]:
    """Read the metadata, and the tensors that a dump has."""
    from safetensors import SafetensorError, safe_open

    if path.is_dir():
        raise DumpError(f"layer dump must be a file, got the folder {str(path)!r}")
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            names = set(file.keys())
            tensors = {name: np.array(file.get_tensor(name)) for name in KINDS if name in names}
    except FileNotFoundError as error:
        raise DumpError(f"layer dump must be an existing file, got {str(path)!r}") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DumpError(f"layer dump must be a readable file, got {str(path)!r} ({reason})") from error
    except (SafetensorError, TypeError, AttributeError) as error:  # the last two: a type of numbers that NumPy lacks
        raise DumpError(
            f"layer dump must be a whole safetensors file, got {str(path)!r} ({printable(str(error))})"
        ) from error
    if metadata.get("schema") == SCHEMA:
        for name, kind in KINDS.items():
            got = str(tensors[name].dtype) if name in tensors else "none"
            if got != np.dtype(kind).name:
                raise DumpError(f"tensor {name} must be of {np.dtype(kind).name}, got {got} ({path})")
    return metadata, tensors


def _setting(metadata: Mapping[str, str]) -> LayerSetting:
    first, second, output = (_format(name, metadata[name]) for name in FORMATS)
    return LayerSetting(
        network=printable(metadata["network"]),
        layer=printable(metadata["layer"]),
        accumulator=_one_of(Accumulator, "accumulator", metadata),
        datapath=Datapath(**{field.name: _whole(field.name, metadata[field.name]) for field in fields(Datapath)}),
        first_format=first,
        second_format=second,
        output_format=output,
        stationary=_one_of(Side, "stationary", metadata),
    )


def _one_of(kind: Any, name: str, metadata: Mapping[str, str]) -> Any:
    allowed = get_args(kind)
    if metadata[name] not in allowed:
        raise ValueError(f"{name} must be {' or '.join(allowed)}, got {metadata[name]!r}")
    return metadata[name]


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} must be a whole number, got {text!r}") from None


def _format(name: str, text: str) -> LogPosit:
    fmt = parse_format(text)
    if not isinstance(fmt, LogPosit) or fmt.n > WIDEST:
        raise ValueError(f"{name} must be a log posit of at most {WIDEST} bits, got {text!r}")
    return fmt


def _check_shapes(dump: LayerDump, path: Path) -> None:
    first, second = dump.first.shape, dump.second.shape
    if len(first) != 3 or len(second) != 3 or (first[0], first[2]) != second[:2] or 0 in (*first, *second):
        raise DumpError(f"operands must be [G, P, K] and [G, K, Q], got {list(first)} and {list(second)} ({path})")
    shape = (*first[:2], second[2])
    for name in ("sums", "words"):
        got = getattr(dump, name).shape
        if got != shape:
            raise DumpError(f"tensor {name} must be {list(shape)}, got {list(got)} ({path})")


def _check_words(dump: LayerDump, path: Path) -> None:
    """Make sure that the operands fit their formats; results that do not are for the verification to find."""
    setting = dump.setting
    for name, fmt in (("first", setting.first_format), ("second", setting.second_format)):
        largest = int(getattr(dump, name).max())
        if largest >> fmt.n:
            raise DumpError(f"code words of {name} must be below {1 << fmt.n}, got {largest} ({path})")
