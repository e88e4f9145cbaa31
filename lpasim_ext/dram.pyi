from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMITS: dict[str, int]
COMMANDS: tuple[str, ...]

class Memory:
    def __init__(self, config: dict[str, Any], log_size: int = 0) -> None: ...
    def push(
        self,
        start: int,
        run: int,
        inner: int,
        inner_stride: int,
        outer: int,
        outer_stride: int,
        is_write: bool,
        clock: int,
    ) -> int: ...
    def push_list(self, addresses: NDArray[np.int64], is_write: bool, clock: int) -> int: ...
    def advance(self, clock: int) -> None: ...
    def next_done(self) -> int | None: ...
    def take(self, clock: int) -> list[tuple[int, int, int, tuple[int, ...]]]: ...
    def entered(self, ticket: int) -> int | None: ...
    def log(self, channel: int = 0) -> list[tuple[int, str, int, int, int, int]]: ...
