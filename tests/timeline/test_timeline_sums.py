"""A timeline shows what the report says: every slice and every argument adds up to it, layer by layer, exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perfetto_file import NS_PER_CYCLE, File, Slice
from strategies import Case, cases
from timelines import shown

from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.reports.timeline.timeline import Detail
from lpasim.simulation import LayerResult, SimResult
from lpasim.simulation.result import ENGINES

SLOW_TO_MAKE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
CAUSES = ("weights_late", "inputs_late", "output_full", "ppu_busy", "dram_busy")


def cycles_by_layer(slices: list[Slice]) -> Counter[str]:
    found: Counter[str] = Counter()
    for item in slices:
        found[item.name] += item.cycles
    return found


def check_arguments(result: SimResult, file: File) -> None:
    """What the layers' slices say, and how long they are."""
    (run,) = file.slices("Layers")
    assert (run.begin, run.end) == (0, result.cycles * NS_PER_CYCLE)
    assert run.arguments["cycles"] == result.cycles
    assert [part.name for part in run.parts] == [layer.schedule.layer.name for layer in result.layers]
    for layer in result.layers:
        said = file.layers[layer.schedule.layer.name]
        assert said["cycle"] == layer.start_cycle
        assert said["cycles"] == layer.cycles
        assert said["array_cycles"] == layer.array_cycles
        assert said["busy_cycles"] == layer.busy_cycles
        assert {cause: said[f"stall_cycles.{cause}"] for cause in CAUSES} == asdict(layer.stalls)
        assert {engine: said[f"dram_bytes.{engine}"] for engine in ENGINES} == dict(layer.traffic_bytes)
        assert said["dram_busy_cycles"] == layer.channel_busy_cycles
        assert said["ppu_busy_cycles"] == layer.ppu_busy_cycles
        assert said["tiles"] == layer.schedule.tile_count
    for part in run.parts:
        assert part.cycles == part.arguments["cycles"]


def check_array(result: SimResult, file: File, folds: bool) -> None:
    """Tiles and waits divide the run's cycles; folds divide the tiles."""
    slices = file.slices("PE array")
    assert len(file.named("PE array")) == (1 if slices else 0)
    assert sum(item.cycles for item in slices) == result.cycles
    waits = [item for item in slices if item.name in CAUSES]
    busy = cycles_by_layer([item for item in slices if item.name not in CAUSES])
    for layer in result.layers:
        name = layer.schedule.layer.name
        own = cycles_by_layer([item for item in waits if item.arguments["layer"] == name])
        assert {cause: own[cause] for cause in CAUSES} == asdict(layer.stalls)
        assert busy[name] == layer.busy_cycles
        tiles = [item for item in slices if item.name == name]
        assert sum(item.arguments["folds"] for item in tiles) == sum(tile.folds for tile in layer.schedule.tiles())
        if folds:
            for tile in tiles:
                check_folds(tile)
    for item in slices:
        assert (item.arguments["cycle"] * NS_PER_CYCLE, item.arguments["cycles"]) == (item.begin, item.cycles)


def check_folds(tile: Slice) -> None:
    assert sum(part.cycles for part in tile.parts) == tile.cycles
    assert [part.arguments["fold"] for part in tile.parts if part.name == "fold"] == list(
        range(tile.arguments["folds"])
    )


def check_units(case: Case, result: SimResult, file: File) -> None:
    """Passes, bytes of each engine, and the time for which data has the bus."""
    for output in file.slices("PPU"):
        assert sum(part.cycles for part in output.parts) == output.cycles
        assert output.parts[0].name == "passes"
        assert output.parts[0].cycles == output.arguments["work_cycles"]
    assert len(file.named("PPU")) == 1
    for layer in result.layers:
        name = layer.schedule.layer.name
        own = [output for output in file.slices("PPU") if output.name == name]
        assert sum(output.parts[0].cycles for output in own) == layer.ppu_busy_cycles
        for engine in ENGINES:
            moved = [item for item in file.slices(f"DMA {engine}") if item.name == name]
            assert sum(item.arguments["bytes"] for item in moved) == layer.traffic_bytes[engine]
    for engine in ENGINES:
        for item in file.slices(f"DMA {engine}"):
            assert item.cycles == item.arguments["cycles"] == sum(part.cycles for part in item.parts)
    check_memory(case, result.layers, file.slices("DRAM"))


def check_memory(case: Case, layers: tuple[LayerResult, ...], slices: list[Slice]) -> None:
    if not case.hardware.dram.is_banked:
        busy = cycles_by_layer(slices)
        assert [busy[layer.schedule.layer.name] for layer in layers] == [layer.channel_busy_cycles for layer in layers]
        return
    dram = case.hardware.dram
    each = Fraction(dram_parameters(dram).burst_clocks, dram_parameters(dram).channels)
    each *= Fraction(str(case.hardware.clock_mhz)) / Fraction(str(dram.device.clock_mhz))
    bursts = before = 0
    for layer in layers:
        own = [item.arguments for item in slices if item.name == layer.schedule.layer.name]
        for engine in ENGINES:
            moved = sum(what["bursts"] for what in own if what["engine"] == engine) * dram.burst_bytes
            assert moved == layer.traffic_bytes[engine]
        bursts += sum(what["bursts"] for what in own)
        after = -(-bursts * each.numerator // each.denominator)
        assert after - before == layer.channel_busy_cycles
        before = after


@settings(max_examples=60, suppress_health_check=SLOW_TO_MAKE)
@given(cases(), st.sampled_from([Detail.TILE, Detail.FOLD]))
def test_slices_add_up_to_the_report(case: Case, detail: Detail) -> None:
    result, file = shown(case.trace, case.schedule, case.hardware, detail)
    check_arguments(result, file)
    check_array(result, file, folds=detail is Detail.FOLD)
    check_units(case, result, file)


@pytest.mark.slow
@settings(max_examples=1500, suppress_health_check=SLOW_TO_MAKE)
@given(cases(), st.sampled_from([Detail.TILE, Detail.FOLD]))
def test_slices_of_many_runs_add_up(case: Case, detail: Detail) -> None:
    result, file = shown(case.trace, case.schedule, case.hardware, detail)
    check_arguments(result, file)
    check_array(result, file, folds=detail is Detail.FOLD)
    check_units(case, result, file)


@settings(max_examples=40, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_an_overview_adds_up_to_the_report(case: Case) -> None:
    result, file = shown(case.trace, case.schedule, case.hardware, Detail.LAYER)
    check_arguments(result, file)
    for layer in result.layers:
        name = layer.schedule.layer.name
        (array,) = [item for item in file.slices("PE array") if item.name == name] or [None]
        assert (array is None) == (layer.busy_cycles == 0)
        if array is not None:
            assert (array.begin, array.cycles) == (layer.array_start_cycle * NS_PER_CYCLE, layer.array_cycles)
            assert array.arguments["busy_cycles"] == layer.busy_cycles
        (ppu,) = (item for item in file.slices("PPU") if item.name == name)
        assert ppu.arguments["ppu_busy_cycles"] == layer.ppu_busy_cycles <= ppu.cycles
        for engine in ENGINES:
            moved = [item.arguments["bytes"] for item in file.slices(f"DMA {engine}") if item.name == name]
            assert sum(moved) == layer.traffic_bytes[engine]
            assert len(moved) <= 1
        busy = [item.arguments["dram_busy_cycles"] for item in file.slices("DRAM") if item.name == name]
        assert sum(busy) == layer.channel_busy_cycles
