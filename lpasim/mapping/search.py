"""The search for the tiling that moves the fewest DRAM bytes, unless a few more make a layer faster.

Every combination of the cuts that change a block's size is judged. Of the tilings that move the fewest bytes, to within
10 %, those with the lowest estimated latency stay, to within 2 %; of these, the one that moves the fewest bytes is
taken, and then the one with the fewest tiles. A larger buffer only adds combinations: it moves at most 10 % more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import inf
from typing import NamedTuple

from lpasim.errors import MappingError
from lpasim.hardware.model import HALVES, Buffers, Hardware
from lpasim.mapping.cut import Cut, PositionCut, channel_cut, plain_cut, position_cut, position_cuts
from lpasim.mapping.folds import fold_cycles
from lpasim.mapping.geometry import part_counts
from lpasim.mapping.problem import Problem
from lpasim.mapping.traffic import Traffic, refetches

BYTES_MARGIN = Fraction(110, 100)
"""A few bytes are not worth many cycles: to save 4 % of them, blocks of few positions would halve the speed of an array
of many rows, which waits for weights."""
LATENCY_MARGIN = Fraction(102, 100)
"""The estimate is no closer than that: among tilings that it cannot tell apart, bytes decide."""
MOST_TILES = 10**8
"""A layer of more would take about an hour to simulate."""


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
        If not even the smallest blocks fit the halves of the buffers, or there would be more than `MOST_TILES` tiles.
    """
    if hardware.dram.ideal:
        return Tiling(
            groups=plain_cut(problem.groups, 1, problem.groups),
            positions=position_cut(problem, 1, 1, 1),
            k=channel_cut(problem, 1),
            n=plain_cut(problem.n, problem.fold_cols, problem.n_folds),
            outer="m",
        )
    _refuse_too_many(_fewest_tiles(problem, hardware))
    near = _candidates(problem, hardware.buffers, hardware.dram.burst_bytes)
    if not near:
        raise MappingError(_too_small(problem, hardware))
    latencies = [_latency_cycles(tiling, problem, hardware, moved) for moved, tiling in near]
    limit = min(latencies) * LATENCY_MARGIN
    quick = (item for item, latency in zip(near, latencies, strict=True) if latency <= limit)
    _, chosen = min(quick, key=lambda item: (item[0], item[1].tiles))
    _refuse_too_many(chosen.tiles)
    return chosen


@lru_cache(maxsize=512)
def _candidates(problem: Problem, buffers: Buffers, burst_bytes: int) -> tuple[tuple[int, Tiling], ...]:
    """Find the tilings that move the fewest bytes, to within the margin, each with its bytes.

    They are kept: neither a clock nor a bandwidth changes them, and finding them takes most of the time of mapping.
    """
    return _near_fewest(_fitting(problem, buffers, burst_bytes))


def _near_fewest(tilings: Iterable[tuple[int, Tiling]]) -> tuple[tuple[int, Tiling], ...]:
    """Keep those that move the fewest bytes, to within the margin."""
    near: list[tuple[int, Tiling]] = []
    most: float = inf
    for moved, tiling in tilings:
        if moved <= most:
            near.append((moved, tiling))
            most = min(most, int(moved * BYTES_MARGIN))
    return tuple((moved, tiling) for moved, tiling in near if moved <= most)


def _refuse_too_many(tiles: int) -> None:
    if tiles > MOST_TILES:
        raise MappingError(f"a layer must take at most {MOST_TILES:,} tiles, got {tiles:,} or more")


def _fewest_tiles(problem: Problem, hardware: Hardware) -> int:
    """Bound the number of tiles from below: each has one block in each buffer."""
    buffers = hardware.buffers
    needs = [
        (problem.weight_bytes(problem.groups, problem.k, problem.n), buffers.weight),
        (problem.output_bytes(problem.elements), buffers.output),
    ]
    if problem.window is None:
        needs.append((problem.input_bytes(problem.groups, problem.m, problem.k), buffers.input))
    return max(need // max(1, size // HALVES) for need, size in needs)


def _fitting(problem: Problem, buffers: Buffers, burst_bytes: int) -> Iterator[tuple[int, Tiling]]:
    """Generate the tilings that fit, each with its DRAM bytes."""
    narrowest, traffic = min(problem.n, problem.fold_cols), Traffic(problem, burst_bytes)
    least_depth = min(problem.k, problem.fold_rows)
    m_cuts = list(position_cuts(problem, buffers.output // HALVES * 8 // (problem.psum_bits * narrowest)))
    most_k = 1 + buffers.weight // HALVES // max(1, problem.weight_bytes(1, problem.fold_rows, narrowest))
    most_n = 1 + buffers.weight // HALVES // max(1, problem.weight_bytes(1, least_depth, problem.fold_cols))
    k_cuts = [channel_cut(problem, parts) for parts in part_counts(problem.k_folds, most_k)]
    n_cuts = [plain_cut(problem.n, problem.fold_cols, parts) for parts in part_counts(problem.n_folds, most_n)]
    uncut = [channel_cut(problem, 1)], [plain_cut(problem.n, problem.fold_cols, 1)]
    for parts in part_counts(problem.groups):
        groups = plain_cut(problem.groups, 1, parts)
        one_by_one = groups.largest[0] == 1  # products are cut only when they come one at a time
        yield from _fitting_groups(traffic, buffers, groups, m_cuts, *((k_cuts, n_cuts) if one_by_one else uncut))


def _fitting_groups(
    traffic: Traffic,
    buffers: Buffers,
    groups: Cut,
    m_cuts: Sequence[PositionCut],
    k_cuts: Sequence[Cut],
    n_cuts: Sequence[Cut],
) -> Iterator[tuple[int, Tiling]]:
    problem, together = traffic.problem, groups.largest[0]
    weights = {
        (k, n): traffic.weights(groups, k_cuts[k], n_cuts[n])
        for k, n in product(range(len(k_cuts)), range(len(n_cuts)))
        if problem.weight_bytes(together, k_cuts[k].largest[0], n_cuts[n].largest[0]) <= buffers.weight // HALVES
    }
    for positions in m_cuts:
        words, pixels = positions.largest
        inputs = {
            k: traffic.inputs(groups, positions, cut)
            for k, cut in enumerate(k_cuts)
            if problem.input_bytes(together, pixels, cut.largest[1]) <= buffers.input // HALVES
        }
        outputs = {
            n: traffic.outputs(groups, positions, cut)
            for n, cut in enumerate(n_cuts)
            if problem.output_bytes(together * words * cut.largest[0]) <= buffers.output // HALVES
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
    streamed = sum(times * fold_cycles(array, words) for (words, _), times in tiling.positions.sizes.items())
    computing = problem.groups * problem.k_folds * problem.n_folds * streamed
    tail = problem.share(problem.passes, last) // hardware.ppu_lanes
    tail_bytes = problem.share_bytes(problem.store_bits, last)
    return (first + tail_bytes) / per_cycle + max(Fraction(computing), moved_bytes / per_cycle) + tail


def _too_small(problem: Problem, hardware: Hardware) -> str:
    """Say which buffer cannot hold the smallest block."""
    finest = position_cut(problem, problem.batch, problem.rows, problem.cols)
    k = channel_cut(problem, problem.k_folds)
    words, pixels = finest.largest
    width = min(problem.n, problem.fold_cols)
    needs = {
        "weight": problem.weight_bytes(1, k.largest[0], width),
        "input": problem.input_bytes(1, pixels, k.largest[1]),
        "output": problem.output_bytes(words * width),
    }
    short = [
        f"buffers.{name} must hold two blocks of {need} bytes, got {size} bytes"
        for name, need in needs.items()
        if (size := getattr(hardware.buffers, name)) // HALVES < need
    ]
    return "; ".join(short)
