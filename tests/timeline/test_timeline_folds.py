"""When folds start, next to the slow reference, which starts them when registers and buffers let it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from strategies import Case, cases

from lpasim.simulation import simulate
from lpasim.simulation.records import Record, TileRecord
from lpasim.simulation.stepped import EdgeCycle, run_stepped
from lpasim.simulation.tile_folds import Fold, tile_folds

SLOW_TO_MAKE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def folds_of(case: Case) -> list[tuple[Fold, int]]:
    """Every fold of a run, with its number of words."""
    records: list[Record] = []
    simulate(case.schedule, case.hardware, observe=records.append)
    tiles = [record for record in records if isinstance(record, TileRecord)]
    return [(fold, tile.tile.words) for tile in tiles for fold in tile_folds(tile, case.schedule[tile.layer])]


@settings(max_examples=30, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_folds_start_as_in_the_stepped_model(case: Case) -> None:
    seen: list[EdgeCycle] = []
    run_stepped(case.schedule, case.hardware, watch=seen.append)
    rows = case.hardware.array.rows
    loads: dict[int, int] = {}
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for edge in seen:
        if edge.weights is not None and edge.weights[1] == rows - 1:
            loads[edge.weights[0]] = edge.cycle
        if edge.rows[0] is not None and edge.rows[0][1] == 0:
            starts[edge.rows[0][0]] = edge.cycle
        if edge.columns[-1] is not None:
            ends[edge.columns[-1][0]] = edge.cycle + 1
    folds = folds_of(case)
    assert [fold.load for fold, _ in folds] == [loads[number] for number in range(len(loads))]
    assert [fold.start for fold, _ in folds] == [starts[number] for number in range(len(starts))]
    drain = rows + case.hardware.array.cols - 2
    assert [fold.start + words + drain for fold, words in folds] == [ends[number] for number in range(len(ends))]


@settings(max_examples=30, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_weights_of_one_fold_come_down_at_a_time(case: Case) -> None:
    rows = case.hardware.array.rows
    for (before, _), (after, _) in pairwise(folds_of(case)):
        assert before.load + rows <= min(before.start, after.load)
