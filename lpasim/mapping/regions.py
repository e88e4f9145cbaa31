"""Regions of memory: when each is needed, and where it goes so that it overlaps none that is needed then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ALIGNMENT_BYTES = 4096
"""Regions begin at multiples of it, and of a burst: no smaller than the rows of the memories that lpasim describes."""


@dataclass(slots=True, eq=False)
class Region:
    """Room for one tensor.

    Attributes
    ----------
    size_bytes : int
    first_layer, last_layer : int
        The layer that writes it, and the last one that reads it.
    base : int
        Its address, once it has one.
    """

    size_bytes: int
    first_layer: int
    last_layer: int
    base: int = 0

    def holds(self, size_bytes: int, layer: int) -> None:
        """Make sure that there is room for so many bytes until a layer has read them."""
        self.size_bytes = max(self.size_bytes, size_bytes)
        self.last_layer = max(self.last_layer, layer)

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.base + self.size_bytes


def assign_bases(regions: Iterable[Region], burst_bytes: int) -> int:
    """Give every region, in this order, the lowest address at which it overlaps none that is needed with it.

    Layers run in order, and none stores anything before every earlier one has read all it needs: a layer's results may
    take the room of what was last read by an earlier layer.

    Returns
    -------
    int
        Bytes of memory in use.
    """
    unit = -(-ALIGNMENT_BYTES // burst_bytes) * burst_bytes
    placed: list[Region] = []
    for region in regions:
        base = 0
        for other in placed:  # by address
            together = other.first_layer <= region.last_layer and region.first_layer <= other.last_layer
            if together and other.base < base + region.size_bytes and base < other.end:
                base = -(-other.end // unit) * unit
        region.base = base
        placed.append(region)
        placed.sort(key=lambda other: other.base)
    return max((region.end for region in placed), default=0)
