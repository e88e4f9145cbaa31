"""From bytes to bursts, and from a burst to its bank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lpasim.hardware.dram_parameters import FIELDS, DramParameters
from lpasim.mapping.addresses import AddressBlock


class Place(NamedTuple):
    """Where a burst is, in the order of `lpasim.hardware.dram_parameters.FIELDS`."""

    channel: int
    rank: int
    group: int
    bank: int
    row: int
    column: int


def bursts_of(blocks: Sequence[AddressBlock], burst_bytes: int) -> Iterator[int]:
    """Generate the numbers of the bursts that blocks touch, in order.

    A burst that holds the end of one run and the start of the next one comes once.
    """
    last = None
    for start, end in (run for block in blocks for run in _runs(block)):
        for burst in range(start // burst_bytes, (end - 1) // burst_bytes + 1):
            if burst != last:
                yield burst
            last = burst


def _runs(block: AddressBlock) -> Iterator[tuple[int, int]]:
    for outer in range(block.outer):
        for inner in range(block.inner):
            start = block.start_byte + outer * block.outer_stride_bytes + inner * block.inner_stride_bytes
            yield start, start + block.run_bytes


def field_bits(parameters: DramParameters) -> dict[str, tuple[int, int]]:
    """Return the shift and the mask of each field in the number of a burst."""
    found, shift = {}, 0
    for field in parameters.fields:
        size = parameters.sizes[field]
        found[field] = (shift, size - 1)
        shift += size.bit_length() - 1
    return found


def place_of(burst: int, bits: dict[str, tuple[int, int]]) -> Place:
    """Return where a burst is."""
    return Place(*(burst >> bits[field][0] & bits[field][1] for field in FIELDS))
