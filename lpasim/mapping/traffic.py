"""What a tiling moves between external memory and the chip, to the byte."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.mapping.cut import Cut, PositionCut
from lpasim.mapping.problem import Problem


def bus_bytes(size_bytes: int, burst_bytes: int) -> int:
    """Bytes on the bus of one transfer: whole bursts."""
    return -(-size_bytes // burst_bytes) * burst_bytes


@dataclass(frozen=True)
class Traffic:
    """Bus bytes of one pass over all blocks of each kind; `refetches` says how many passes a tiling makes."""

    problem: Problem
    burst_bytes: int

    def inputs(self, groups: Cut, positions: PositionCut, k: Cut) -> int:
        """Bus bytes of every input block, once."""
        return sum(
            times_g * times_p * times_k * bus_bytes(self.problem.input_bytes(g, pixels, channels), self.burst_bytes)
            for (g, _), times_g in groups.sizes.items()
            for (_, pixels), times_p in positions.sizes.items()
            for (_, channels), times_k in k.sizes.items()
        )

    def weights(self, groups: Cut, k: Cut, n: Cut) -> int:
        """Bus bytes of every weight block, once."""
        return sum(
            times_g * times_k * times_n * bus_bytes(self.problem.weight_bytes(g, depth, width), self.burst_bytes)
            for (g, _), times_g in groups.sizes.items()
            for (depth, _), times_k in k.sizes.items()
            for (width, _), times_n in n.sizes.items()
        )

    def outputs(self, groups: Cut, positions: PositionCut, n: Cut) -> int:
        """Bus bytes of every store and of every operand of the post-processing unit."""
        problem, total = self.problem, 0
        for (g, _), times_g in groups.sizes.items():
            for (words, _), times_p in positions.sizes.items():
                for (width, _), times_n in n.sizes.items():
                    elements = g * words * width
                    each = sum(
                        bus_bytes(problem.share_bytes(bits, elements), self.burst_bytes)
                        for bits in (problem.store_bits, problem.operand_bits)
                    )
                    total += times_g * times_p * times_n * each
        return total


def refetches(outer: str, positions: int, k: int, n: int) -> tuple[int, int]:
    """How often the input blocks and the weight blocks are fetched.

    K is the innermost loop and `outer` (``"m"`` or ``"n"``) the outermost; a block equal to the previous tile's stays.

    Returns
    -------
    tuple of int
        Passes over the input blocks, passes over the weight blocks.
    """
    if outer == "m":
        return (1 if k == 1 else n), (1 if n * k == 1 else positions)
    return (1 if positions * k == 1 else n), (1 if k == 1 else positions)
