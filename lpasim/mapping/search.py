"""The search for the tiling that moves the fewest DRAM bytes.

Every combination of the cuts that change a block's size is judged, so that the result is the least within this space,
and a larger buffer, which only adds combinations, never moves more. Of the tilings that move the fewest bytes the one
with the lowest estimated latency wins, to within 2 %; of those, the one with the fewest tiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from lpasim.errors import MappingError
from lpasim.hardware.model import Hardware
from lpasim.mapping.cut import Cut, PositionCut, channel_cut, plain_cut, position_cut, position_cuts
from lpasim.mapping.geometry import part_counts
from lpasim.mapping.problem import Problem
from lpasim.mapping.traffic import Traffic, refetches

LATENCY_MARGIN = Fraction(102, 100)


class Tiling(NamedTuple):
    """How a layer is cut, and which of M and N is the outer loop. Groups are outermost and K is innermost.

    Partial sums therefore never leave the output buffer: LPA has no path that would bring them back.
    """

    groups: Cut
    positions: PositionCut
    k: Cut
    n: Cut
    outer: str

    @property
    def tiles(self) -> int:
        """Number of tiles."""
        return self.groups.parts * self.positions.parts * self.k.parts * self.n.parts


def choose_tiling(problem: Problem, hardware: Hardware) -> Tiling:
    """Find the tiling of a layer.

    Raises
    ------
    MappingError
        If not even the smallest blocks fit the halves of the buffers.
    """
    column_fold = hardware.array.cols * problem.lanes
    if hardware.dram.ideal:
        return Tiling(
            groups=plain_cut(problem.groups, 1, problem.groups),
            positions=position_cut(problem, 1, 1, 1),
            k=channel_cut(problem, hardware.array.rows, 1),
            n=plain_cut(problem.n, column_fold, -(-problem.n // column_fold)),
            outer="m",
        )
    found = list(_fitting(problem, hardware))
    if not found:
        raise MappingError(_too_small(problem, hardware))
    fewest = min(bytes_moved for bytes_moved, _ in found)
    timed = [(_latency_cycles(t, problem, hardware, fewest), t) for moved, t in found if moved == fewest]
    limit = min(latency for latency, _ in timed) * LATENCY_MARGIN
    return min((t for latency, t in timed if latency <= limit), key=lambda t: t.tiles)


def _fitting(problem: Problem, hardware: Hardware) -> Iterator[tuple[int, Tiling]]:
    """Generate the tilings that fit, each with its DRAM bytes."""
    rows, column_fold = hardware.array.rows, hardware.array.cols * problem.lanes
    k_cuts = [channel_cut(problem, rows, parts) for parts in part_counts(-(-problem.k // rows))]
    n_cuts = [plain_cut(problem.n, column_fold, parts) for parts in part_counts(-(-problem.n // column_fold))]
    m_cuts = list(position_cuts(problem))
    for parts in part_counts(problem.groups):
        groups = plain_cut(problem.groups, 1, parts)
        if groups.largest[0] == 1:
            yield from _fitting_groups(problem, hardware, groups, m_cuts, k_cuts, n_cuts)
        else:  # products are cut only when they come one at a time
            yield from _fitting_groups(problem, hardware, groups, m_cuts, k_cuts[:1], n_cuts[:1])


def _fitting_groups(
    problem: Problem,
    hardware: Hardware,
    groups: Cut,
    m_cuts: Sequence[PositionCut],
    k_cuts: Sequence[Cut],
    n_cuts: Sequence[Cut],
) -> Iterator[tuple[int, Tiling]]:
    buffers, traffic = hardware.buffers, Traffic(problem, hardware.dram.burst_bytes)
    together = groups.largest[0]
    weights = {
        (k, n): traffic.weights(groups, k_cuts[k], n_cuts[n])
        for k, n in product(range(len(k_cuts)), range(len(n_cuts)))
        if problem.weight_bytes(together, k_cuts[k].largest[0], n_cuts[n].largest[0]) <= buffers.weight // 2
    }
    for positions in m_cuts:
        words, pixels = positions.largest
        inputs = {
            k: traffic.inputs(groups, positions, cut)
            for k, cut in enumerate(k_cuts)
            if problem.input_bytes(together, pixels, cut.largest[1]) <= buffers.input // 2
        }
        outputs = {
            n: traffic.outputs(groups, positions, cut)
            for n, cut in enumerate(n_cuts)
            if problem.psum_bytes(together * words * cut.largest[0]) <= buffers.output // 2
        }
        for (k, n), of_weights in weights.items():
            if k in inputs and n in outputs:
                for outer in ("m", "n"):
                    input_passes, weight_passes = refetches(outer, positions.parts, k_cuts[k].parts, n_cuts[n].parts)
                    moved = input_passes * inputs[k] + weight_passes * of_weights + outputs[n]
                    yield moved, Tiling(groups, positions, k_cuts[k], n_cuts[n], outer)


def _latency_cycles(tiling: Tiling, problem: Problem, hardware: Hardware, moved_bytes: int) -> Fraction:
    """Estimate a layer's latency: first load, then computing and transfers side by side, then the last store."""
    array, per_cycle = hardware.array, hardware.bytes_per_cycle
    together, (words, pixels) = tiling.groups.largest[0], tiling.positions.largest
    (depth, channels), width = tiling.k.largest, tiling.n.largest[0]
    first = problem.input_bytes(together, pixels, channels) + problem.weight_bytes(together, depth, width)
    last = together * words * width
    drain = 0 if array.fold_overlap else array.rows + array.cols - 2 + (0 if array.weight_double_buffer else array.rows)
    folds = -(-problem.k // array.rows) * -(-problem.n // (array.cols * problem.lanes)) * problem.groups
    streamed = folds * (max(problem.m, tiling.positions.parts * array.rows) + tiling.positions.parts * drain)
    tail = problem.share(problem.passes, last) // hardware.ppu_lanes
    tail_bytes = problem.share_bytes(problem.store_bits, last)
    return (first + tail_bytes) / per_cycle + max(Fraction(streamed), moved_bytes / per_cycle) + tail


def _too_small(problem: Problem, hardware: Hardware) -> str:
    """Say which buffer cannot hold the smallest block."""
    rows, column_fold = hardware.array.rows, hardware.array.cols * problem.lanes
    finest = position_cut(problem, problem.batch, problem.rows, problem.cols)
    k = channel_cut(problem, rows, -(-problem.k // rows))
    words, pixels = finest.largest
    width = min(problem.n, column_fold)
    needs = {
        "weight": problem.weight_bytes(1, k.largest[0], width),
        "input": problem.input_bytes(1, pixels, k.largest[1]),
        "output": problem.psum_bytes(words * width),
    }
    short = [
        f"buffers.{name} must hold two blocks of {need} bytes, got {size} bytes"
        for name, need in needs.items()
        if (size := getattr(hardware.buffers, name)) // 2 < need
    ]
    return "; ".join(short)
