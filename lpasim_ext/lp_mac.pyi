from typing import Any

import numpy as np
from numpy.typing import NDArray

SUM_BITS: int

def available_paths() -> tuple[str, ...]: ...
def used_words(words: NDArray[np.uint8]) -> bytes: ...
def transposed(words: NDArray[np.uint8]) -> NDArray[np.uint8]: ...
def wide(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    factor_of: NDArray[np.uint32],
    values: NDArray[np.unsignedinteger[Any]],
    packed: NDArray[np.uint8] | None,
    twins: NDArray[np.uint8],
    chunk: int,
    unit: float,
    out: NDArray[np.float64],
    path: str = "auto",
) -> None: ...
def windows(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    factor_of: NDArray[np.uint32],
    values: NDArray[np.uint64],
    packed: NDArray[np.uint8] | None,
    twins: NDArray[np.uint8],
    chunk: int,
    offsets: NDArray[np.int32],
    unit_exponent: int,
    unit: float,
    out: NDArray[np.float64],
    path: str = "auto",
) -> None: ...
def paper(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    factor_of: NDArray[np.uint32],
    values: NDArray[np.floating[Any]],
    packed: NDArray[np.uint8] | None,
    twins: NDArray[np.uint8],
    scales: NDArray[np.floating[Any]],
    fold: int,
    fraction_bits: int,
    unit: float,
    out: NDArray[np.float64],
    path: str = "auto",
) -> None: ...
