"""The search for the tiling whose DRAM bytes, times the square of its estimated latency, are least.

Every combination of the cuts that change a block's size is judged. The product is that of energy and squared delay, as
architects use it where speed counts more, with bytes for the energy that a tiling decides. Of the products that are the
least to within 1 %, that of the fewest tiles is taken. A larger buffer only adds combinations: the product rises with
it by no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from lpasim.errors import MappingError
from lpasim.hardware.model import HALVES, Array, Buffers, Hardware
from lpasim.mapping.cut import Cut, PositionCut, channel_cut, plain_cut, position_cut, position_cuts
from lpasim.mapping.folds import fold_cycles
from lpasim.mapping.geometry import part_counts
from lpasim.mapping.kept import KeptLists
from lpasim.mapping.problem import Problem
from lpasim.mapping.traffic import Traffic, refetches

MARGIN = Fraction(101, 100)
"""The estimate is no closer than that. Without it networks have up to thirteen times the tiles, to save few cycles."""
ROUNDING = 1e-9
"""More than the relative error of a few operations in floating point."""
MOST_TILES = 10**8
"""A layer of more would take about an hour to simulate."""
AT_ONCE = 2**17
"""Candidates that are judged at once: memory does not grow with their number."""


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


class Candidate(NamedTuple):
    """A tiling that fits, and what its latency follows from.

    Attributes
    ----------
    moved_bytes : int
        All that it moves between DRAM and the chip.
    edge_bytes : int
        Of these, the first tile's blocks and the last tile's store: nothing is computed meanwhile.
    computing_cycles : int
        All folds, where nothing keeps the array waiting.
    last_passes : int
        Passes of the post-processing unit over the last tile.
    """

    moved_bytes: int
    edge_bytes: int
    computing_cycles: int
    last_passes: int
    tiling: Tiling

    def score(self, hardware: Hardware) -> int:
        """Bytes times the square of a layer's latency, estimated, in parts of a cycle that make all numbers whole.

        The latency is that of the first load, then of computing and transfers side by side, then of the last store.
        """
        size, time = hardware.bytes_per_cycle.as_integer_ratio()
        side_by_side = max(self.computing_cycles * size, self.moved_bytes * time)
        latency = self.edge_bytes * time + side_by_side + self.last_passes // hardware.ppu_lanes * size
        return int(self.moved_bytes * latency**2)


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
    good = _good(_candidates(problem, hardware.array, hardware.buffers, hardware.dram.burst_bytes), hardware)
    if not good:
        raise MappingError(_too_small(problem, hardware))
    best = min(good, key=lambda each: (each.tiling.tiles, each.moved_bytes))
    _refuse_too_many(best.tiling.tiles)
    return best.tiling


def _good(fitting: Iterable[Candidate], hardware: Hardware) -> list[Candidate]:
    """Return those with the least score, to within the margin."""
    near: list[Candidate] = []
    left = iter(fitting)
    while more := list(islice(left, AT_ONCE)):
        near = _near_least(near + more, hardware)
    limit = MARGIN * min((each.score(hardware) for each in near), default=0)
    return [each for each in near if each.score(hardware) <= limit]


def _near_least(fitting: Sequence[Candidate], hardware: Hardware) -> list[Candidate]:
    """Return all that floating point cannot tell from those with the least score; whole numbers then do."""
    size, time = (float(number) for number in hardware.bytes_per_cycle.as_integer_ratio())
    moved, edge, computing, passes = np.array([each[:-1] for each in fitting], dtype=float).T
    latency = edge * time + np.maximum(computing * size, moved * time) + passes // hardware.ppu_lanes * size
    score = moved * latency**2
    return [fitting[at] for at in np.flatnonzero(score <= (1 + ROUNDING) * float(MARGIN) * score.min()).tolist()]


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


_known: KeptLists[tuple[Problem, Array, Buffers, int], Candidate] = KeptLists(2**18)
"""Some 70 MB, enough for the layers of most networks."""


def _candidates(problem: Problem, array: Array, buffers: Buffers, burst_bytes: int) -> Iterable[Candidate]:
    """Find the tilings that fit.

    They are kept: neither a clock nor a bandwidth changes them, and finding them takes most of the time of mapping.
    """
    key = problem, array, buffers, burst_bytes
    return _known.get(key, lambda: _fitting(*key))


def _fitting(problem: Problem, array: Array, buffers: Buffers, burst_bytes: int) -> Iterator[Candidate]:
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
        cuts = (k_cuts, n_cuts) if one_by_one else uncut
        yield from _fitting_groups(traffic, array, buffers, groups, m_cuts, *cuts)


def _fitting_groups(
    traffic: Traffic,
    array: Array,
    buffers: Buffers,
    groups: Cut,
    m_cuts: Sequence[PositionCut],
    k_cuts: Sequence[Cut],
    n_cuts: Sequence[Cut],
) -> Iterator[Candidate]:
    problem, together = traffic.problem, groups.largest[0]
    weights = {
        (k, n): _Blocks(size, traffic.weights(groups, k_cuts[k], n_cuts[n]))
        for k, n in product(range(len(k_cuts)), range(len(n_cuts)))
        if (size := problem.weight_bytes(together, k_cuts[k].largest[0], n_cuts[n].largest[0]))
        <= buffers.weight // HALVES
    }
    for positions in m_cuts:
        words, pixels = positions.largest
        inputs = {
            k: _Blocks(size, traffic.inputs(groups, positions, cut))
            for k, cut in enumerate(k_cuts)
            if (size := problem.input_bytes(together, pixels, cut.largest[1])) <= buffers.input // HALVES
        }
        results = {n: together * words * cut.largest[0] for n, cut in enumerate(n_cuts)}
        outputs = {
            n: _Blocks(problem.share_bytes(problem.store_bits, results[n]), traffic.outputs(groups, positions, cut))
            for n, cut in enumerate(n_cuts)
            if problem.output_bytes(results[n]) <= buffers.output // HALVES
        }
        passes = {n: problem.share(problem.passes, results[n]) for n in outputs}
        computing = _computing_cycles(problem, array, positions)
        for (k, n), of_weights in weights.items():
            if k in inputs and n in outputs:
                parts = positions.parts, k_cuts[k].parts, n_cuts[n].parts
                fetched, outer = _fetched(parts, inputs[k].all_bytes, of_weights.all_bytes)
                yield Candidate(
                    fetched + outputs[n].all_bytes,
                    inputs[k].largest_bytes + of_weights.largest_bytes + outputs[n].largest_bytes,
                    computing,
                    passes[n],
                    Tiling(groups, positions, k_cuts[k], n_cuts[n], outer),
                )


class _Blocks(NamedTuple):
    """Blocks of a kind: how large the largest one is, and what all move, once each."""

    largest_bytes: int
    all_bytes: int


def _computing_cycles(problem: Problem, array: Array, positions: PositionCut) -> int:
    """Cycles of all folds, where nothing keeps the array waiting."""
    streamed = sum(times * fold_cycles(array, words) for (words, _), times in positions.sizes.items())
    return problem.groups * problem.k_folds * problem.n_folds * streamed


def _fetched(parts: tuple[int, int, int], inputs: int, weights: int) -> tuple[int, str]:
    """Bytes that the better order of the loops over M and N fetches, and its outer loop."""
    (inputs_m, weights_m), (inputs_n, weights_n) = refetches("m", *parts), refetches("n", *parts)
    of_m, of_n = inputs_m * inputs + weights_m * weights, inputs_n * inputs + weights_n * weights
    return (of_m, "m") if of_m <= of_n else (of_n, "n")


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
