"""Values of the constants that an ONNX file stores, in itself or in files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.printable import first_line, printable


def read_values(tensor: Any, folder: str, network: str = "") -> NDArray[Any] | None:
    """Return the values of a TensorProto, or None where it was made without any.

    Parameters
    ----------
    tensor : onnx.TensorProto
        The stored constant.
    folder : str
        Where the files beside the network lie.
    network : str
        Path of the network, for messages: they name the file alone, for a trace may hold them.

    Raises
    ------
    NetworkError
        If the file that should hold them is missing, or holds fewer.
    """
    import onnx

    external = tensor.data_location == onnx.TensorProto.EXTERNAL
    if external and not tensor.external_data:
        return None
    try:
        return np.asarray(onnx.numpy_helper.to_array(tensor, base_dir=folder))
    except (OSError, ValueError, RuntimeError, onnx.checker.ValidationError) as error:
        where = f" ({printable(Path(network).name)})" if network else ""
        whole = f"data of tensor {tensor.name!r} must be whole"
        if not external:
            raise NetworkError(f"{whole}, got none or a part of it{where}") from error
        place = {entry.key: entry.value for entry in tensor.external_data}
        file = Path(folder) / place.get("location", "")
        rule = f"{whole} in the file {printable(file.name)} beside the network"
        raise NetworkError(f"{rule}, got {_fault(file, place, error)}{where}") from error


def _fault(file: Path, place: dict[str, str], error: Exception) -> str:
    """Say what is wrong with a file that should hold a tensor."""
    if not file.is_file():
        return "no such file"
    size, end = file.stat().st_size, _number(place.get("offset")) + _number(place.get("length"))
    return f"a file of {size} B, which ends before byte {end}" if size < end else first_line(error)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
