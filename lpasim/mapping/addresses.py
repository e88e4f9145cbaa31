"""Where the bytes of a transfer lie in memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddressBlock:
    """Runs of bytes in memory: `outer` times, `outer_stride_bytes` apart, `inner` runs of `run_bytes`, `inner_stride_bytes` apart."""

    start_byte: int
    run_bytes: int
    inner: int = 1
    inner_stride_bytes: int = 0
    outer: int = 1
    outer_stride_bytes: int = 0
