"""Waveforms of a layer: the edges of the array as the stepped model sees them, and the report's cycles."""

from __future__ import annotations

import io
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mapping_cases import product, trace_of
from strategies import Case, cases
from vcd_file import Dump, read_vcd

from lpasim.errors import OutputError
from lpasim.hardware import load_hardware
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule, map_network
from lpasim.reports.timeline import waves
from lpasim.reports.timeline.waves import Waves
from lpasim.simulation import SimResult, simulate
from lpasim.simulation.stepped import EdgeCycle, run_stepped
from lpasim.simulation.stepped.jobs import make_jobs

SLOW_TO_MAKE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
CAUSES = ("weights_late", "inputs_late", "output_full", "ppu_busy", "dram_busy")
Word = tuple[int, int] | None


def dumped(
    schedule: tuple[LayerSchedule, ...], hardware: Hardware, number: int, cycles: int | None = None
) -> tuple[SimResult, str]:
    file = io.StringIO()
    drawing = Waves(file, schedule[number], number, hardware, cycles)
    result = simulate(schedule, hardware, observe=drawing.observe)
    drawing.close()
    return result, file.getvalue()


def word(dump: Dump, port: str, what: str, cycle: int) -> Word:
    """Fold and word that pass a port in a cycle."""
    fold, index = dump.at(f"{port}_fold", cycle), dump.at(f"{port}_{what}", cycle)
    assert (dump.at(f"{port}_valid", cycle) == 1) == (fold is not None) == (index is not None)
    return None if fold is None or index is None else (fold, index)


def check_edges(case: Case, number: int, dump: Dump, result: SimResult) -> None:
    """Compare what crosses the edges, for the rows and columns that a fold uses."""
    array, layer = case.hardware.array, case.schedule[number]
    folds = [fold for job in make_jobs(case.schedule, case.hardware) for fold in job.folds]
    own = [fold for fold in folds if fold.job.layer == number]
    first = own[0].number
    used = [-(-fold.weights.shape[0] // layer.terms) for fold in own]
    wide = [-(-fold.weights.shape[1] // layer.lanes) for fold in own]
    seen: dict[int, EdgeCycle] = {}
    run_stepped(case.schedule, case.hardware, watch=lambda edge: seen.update({edge.cycle: edge}))

    def of_layer(passing: Word) -> Word:
        if passing is None or not first <= passing[0] < first + len(own):
            return None
        return passing[0] - first, passing[1]

    for cycle in range(result.layers[number].start_cycle, result.layers[number].end_cycle):
        edge = seen.get(cycle)
        weights = of_layer(edge.weights) if edge else None
        assert word(dump, "array.weights", "row", cycle) == weights
        for row in range(array.rows):
            passing = of_layer(edge.rows[row]) if edge else None
            passing = passing if passing and row >= array.rows - used[passing[0]] else None
            assert word(dump, f"inputs.row{row}", "word", cycle) == passing
        for col in range(array.cols):
            leaving = of_layer(edge.columns[col]) if edge else None
            leaving = leaving if leaving and col < wide[leaving[0]] else None
            assert word(dump, f"sums.column{col}", "word", cycle) == leaving
    at_work = sum(sum(dump.values(name)) for name in dump.changes if name.startswith("cells."))
    assert at_work == sum(f.job.tile.words * r * c for f, r, c in zip(own, used, wide, strict=True))


@settings(max_examples=40, suppress_health_check=SLOW_TO_MAKE)
@given(cases(), st.data())
def test_edges_are_those_of_the_stepped_model(case: Case, data: st.DataObject) -> None:
    with_product = [n for n, layer in enumerate(case.schedule) if layer.layer.gemm is not None]
    assume(with_product)
    number = data.draw(st.sampled_from(with_product))
    result, text = dumped(case.schedule, case.hardware, number)
    dump, layer = read_vcd(text), result.layers[number]
    assert len(dump.values("array.busy")) == layer.cycles
    assert sum(dump.values("array.busy")) == layer.busy_cycles
    assert {cause: sum(dump.values(f"array.{cause}")) for cause in CAUSES} == asdict(layer.stalls)
    check_edges(case, number, dump, result)


LAYER = product(40, 20, 10, name="gemm")
CHIP = load_hardware("lpa", {"array.rows": 4, "array.cols": 4}).hardware


def test_the_first_cycles_are_those_of_the_whole():
    schedule = map_network(trace_of(LAYER), CHIP)
    result, text = dumped(schedule, CHIP, 0)
    whole = read_vcd(text)
    cycles = result.cycles
    for some in (1, 40, cycles // 2, cycles - 1, cycles, cycles + 7):
        part = read_vcd(dumped(schedule, CHIP, 0, some)[1])
        assert part.end == min(some, cycles)
        assert all(part.values(name) == whole.values(name)[:some] for name in whole.changes)


def test_an_independent_reader_reads_the_same(tmp_path):
    vcdvcd = pytest.importorskip("vcdvcd", reason="needs vcdvcd")
    _, text = dumped(map_network(trace_of(LAYER), CHIP), CHIP, 0)
    (tmp_path / "gemm.vcd").write_text(text)
    theirs, ours = vcdvcd.VCDVCD(str(tmp_path / "gemm.vcd")), read_vcd(text)
    assert theirs.timescale["unit"] == "us"
    assert {re_named(name) for name in theirs.signals} == set(ours.changes)
    for name in theirs.signals:
        changes = [(time, None if "x" in value else int(value, 2)) for time, value in theirs[name].tv]
        assert changes == ours.changes[re_named(name)]


def re_named(name: str) -> str:
    return name.split("[", maxsplit=1)[0]


def test_large_things_are_refused(monkeypatch):
    wide = load_hardware("lpa", {"array.rows": 16, "array.cols": 17}).hardware
    schedule = map_network(trace_of(LAYER), wide)
    with pytest.raises(OutputError, match=r"at most 256 cells, got 16 x 17 = 272 \(lpa\)"):
        dumped(schedule, wide, 0)
    monkeypatch.setattr(waves, "MOST_CHANGES", 1000)
    schedule = map_network(trace_of(LAYER), CHIP)
    with pytest.raises(OutputError, match=r"at most 1,000 words .* got 4,800 \(layer gemm\); take --cycles 125"):
        dumped(schedule, CHIP, 0)
    assert read_vcd(dumped(schedule, CHIP, 0, 125)[1]).end == 125
