"""Values of the constants that an ONNX file stores, in itself or in files beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError


def read_values(tensor: Any, folder: str) -> NDArray[Any] | None:
    """Return the values of a TensorProto, or None where it was made without any.

    Parameters
    ----------
    tensor : onnx.TensorProto
        The stored constant.
    folder : str
        Where the files beside the network lie.

    Raises
    ------
    NetworkError
        If the file that should hold them is missing, or holds fewer.
    """
    import onnx

    if tensor.data_location == onnx.TensorProto.EXTERNAL and not tensor.external_data:
        return None
    try:
        return np.asarray(onnx.numpy_helper.to_array(tensor, base_dir=folder))
    except (OSError, ValueError, RuntimeError, onnx.checker.ValidationError) as error:
        raise NetworkError(f"data must be whole, got none or a part of it (tensor {tensor.name!r})") from error
