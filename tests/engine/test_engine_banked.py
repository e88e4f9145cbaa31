"""The engine on a memory with banks: a schedule worked out by hand, and what must hold."""

from __future__ import annotations

import pytest
from mapping_cases import product, trace_of

from lpasim.hardware import load_hardware
from lpasim.mapping import map_network
from lpasim.simulation import SimResult, Stalls, simulate


def run(shape: tuple[int, int, int], *overrides: str) -> SimResult:
    hardware = load_hardware("lpa", ["dram.preset=ddr4-2400", *overrides]).hardware
    return simulate(map_network(trace_of(product(*shape)), hardware), hardware)


def test_one_product_by_hand() -> None:
    """8 x 8 x 8 on 8 x 8: a burst each of inputs, weights and results, in one row; 2.4 memory clocks are a cycle.

    Clock 0 ACT, 16 RD of the inputs, 22 RD of the weights (tCCD_L). Data of the weights has passed at 42: cycle 18; 10
    cycles of controller latency and one of decoding: 29. 8 cycles to shift them in: 37; last result at
    37 + 8 + 8 + 8 - 2 = 59; the PPU ends two cycles later, at 61. That is clock 146.4: WR at 147, data until 163:
    cycle 68. The row is still open, so that only the inputs were a miss.
    """
    result = run((8, 8, 8), "dram.controller.refresh=false")
    (layer,) = result.layers
    assert (layer.array_start_cycle, layer.array_cycles, layer.stored_cycle) == (29, 30, 68)
    assert result.cycles == 68
    assert layer.stalls == Stalls(weights_late=29, ppu_busy=2, output_full=7)
    assert layer.channel_busy_cycles == 5  # 3 x 4 clocks
    assert layer.dram is not None
    assert (layer.dram.row_hits, layer.dram.row_misses, layer.dram.row_conflicts) == (2, 1, 0)
    commands = layer.dram.commands
    assert (commands.activates, commands.precharges, commands.reads, commands.writes) == (1, 0, 2, 1)
    assert (commands.active_cycles, commands.idle_cycles) == (147, 0)


@pytest.mark.parametrize("preset", ["ddr4-2400", "hbm2", "lpddr5-6400"])
def test_no_bandwidth_beats_the_bus(preset: str) -> None:
    result = run((300, 200, 100), f"dram.preset={preset}", "clock_mhz=5 GHz")
    hardware = result.layers[0].schedule.hardware
    moved = result.actions.dram_read_bytes + result.actions.dram_write_bytes
    assert result.cycles >= moved / hardware.bytes_per_cycle
    assert 0 <= result.layers[0].channel_busy_cycles - moved / hardware.bytes_per_cycle < 1


def test_a_plain_bandwidth_is_never_slower_without_latency() -> None:
    """The bandwidth is the peak of the bus, which banks and refresh only take from."""
    plain = run((300, 200, 100), "dram.model=bandwidth", "dram.latency_ns=0", "clock_mhz=5 GHz")
    banked = run((300, 200, 100), "dram.controller.latency_ns=0", "clock_mhz=5 GHz")
    assert plain.layers[0].dram is None
    assert plain.cycles < banked.cycles


def test_a_load_that_hundreds_of_transfers_outrun() -> None:
    """The third block of weights has a slow channel to itself, while 384 tiles of the second come and go elsewhere."""
    result = run(
        (3072, 2048, 6144),
        *("array.rows=2048", "array.cols=2048"),
        *("buffers.weight=8 MiB", "buffers.input=32 KiB", "buffers.output=384 KiB"),
        *("dram.preset=hbm2", "dram.bandwidth_gbps=32", "dram.controller.mapping=ChRoRaBaBgCo"),
        *("dram.device.width_bits=8", "dram.device.burst_length=32", "dram.device.columns=1024"),
        *(
            "dram.device.rows=256",
            "dram.device.capacity=64 MiB",
            "dram.timing.ccd_s=16 clk",
            "dram.timing.ccd_l=16 clk",
        ),
    )
    (layer,) = result.layers
    assert layer.schedule.tile_count == 3 * 384
    assert layer.traffic_bytes["weight"] == 2048 * 6144
    assert layer.traffic_bytes["store"] == 3072 * 6144
