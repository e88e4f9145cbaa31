"""Refusing constants that hold NaN or an infinity: no number format has them, and every result would be one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network
from lpasim.networks.printable import printable
from lpasim.quantization.weights import stored_values

PRODUCTS_AND_NORMALIZATIONS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "BatchNormalization"})
"""Operators whose constants are weights. Others may hold infinities, as the mask of an attention does."""


def refuse_not_finite(network: Network) -> None:
    """Refuse a network with a weight, bias or parameter of a normalization that is not finite.

    Data that are missing, or that another operator computes, are left to whoever needs them.

    Raises
    ------
    NetworkError
        If there is one. It names the tensor, the layer and the file.
    """
    for node in network.nodes:
        if node.operator in PRODUCTS_AND_NORMALIZATIONS:
            for tensor in node.present:
                values = None
                with suppress(NetworkError):
                    values = stored_values(network, tensor) if tensor in network.constants else None
                if values is not None:
                    refuse_values(values, f"tensor {printable(tensor)}, layer {node.name}, {printable(network.name)}")


def refuse_values(values: NDArray[Any], where: str) -> None:
    """Refuse weights that are not finite.

    Raises
    ------
    NetworkError
        If there is one.
    """
    if not np.issubdtype(values.dtype, np.floating):
        return
    bad = values.size - int(np.count_nonzero(np.isfinite(values)))
    if bad:
        raise NetworkError(f"weights must be finite, got {bad} of {values.size} that are NaN or infinite ({where})")
