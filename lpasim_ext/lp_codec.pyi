from typing import Any

import numpy as np
from numpy.typing import NDArray

def cpu_features() -> dict[str, bool]: ...
def available_paths() -> tuple[str, ...]: ...
def encode_buckets(
    x: NDArray[np.unsignedinteger[Any]],
    table: NDArray[np.uint32],
    shift: int,
    code_mask: int,
    codes: NDArray[np.unsignedinteger[Any]],
    path: str = "auto",
) -> None: ...
def quantize_buckets(
    x: NDArray[np.unsignedinteger[Any]],
    table: NDArray[np.uint32],
    shift: int,
    code_mask: int,
    values: NDArray[np.unsignedinteger[Any]],
    out: NDArray[np.unsignedinteger[Any]],
    path: str = "auto",
) -> None: ...
def encode_search(
    x: NDArray[np.unsignedinteger[Any]],
    thresholds: NDArray[np.unsignedinteger[Any]],
    starts: NDArray[np.uint16],
    lowest: int,
    highest: int,
    shift: int,
    steps: int,
    nar: int,
    code_mask: int,
    codes: NDArray[np.unsignedinteger[Any]],
) -> None: ...
def lookup(
    codes: NDArray[np.unsignedinteger[Any]],
    values: NDArray[np.unsignedinteger[Any]],
    out: NDArray[np.unsignedinteger[Any]],
    path: str = "auto",
) -> None: ...
