"""Random small accelerators and networks, shared by the tests of mapping and simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from lpasim.errors import MappingError
from lpasim.hardware.lanes import lanes_by_width
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule, map_network
from lpasim.mapping.cut import channel_cut, plain_cut, position_cut
from lpasim.mapping.network import map_layers, schedule_layers
from lpasim.mapping.problem import Problem
from lpasim.mapping.search import Tiling
from lpasim.quantization.trace import Format, Gemm, Layer, Output, PpuOperator, Provenance, Trace, Window

OVERLAPS = [(True, True), (True, False), (False, False)]
"""`weight_double_buffer` and `fold_overlap`."""
WEIGHT_LANES = ["2:4, 4:2, 8:1", "2:4, 4:2, 8:1", "4:2, 8:1", "3:2, 8:1", "8:1"]
ACTIVATION_LANES = ["2:1, 4:1, 8:1", "2:1, 4:1, 8:1", "4:2, 8:1", "2:4, 4:2, 8:1", "5:1, 8:1"]


def make_hardware(**changes: Any) -> Hardware:
    """A 2 x 2 accelerator at 1 GHz with 4 bytes a cycle; `changes` name keys with `__` for the dot."""
    description: dict[str, Any] = {
        "schema": "lpasim-hardware",
        "version": 1,
        "name": "tiny",
        "title": "A tiny accelerator",
        "clock_mhz": 1000,
        "array": {
            "rows": 2,
            "cols": 2,
            "weight_double_buffer": True,
            "fold_overlap": True,
            "psum_bits": 16,
        },
        "pe": {"area_um2": 1, "mac_8bit_pj": 1, "mac_4bit_pj": 1, "mac_2bit_pj": 1},
        "decoder": {"latency_cycles": 0, "area_um2": 1, "energy_pj": 1},
        "encoder": {"latency_cycles": 0, "area_um2": 1, "energy_pj": 1},
        "ppu": {"lanes_per_column": 1, "lane_area_um2": 1, "pass_pj": 1, "passes": {"default": 1, "Identity": 1}},
        "buffers": {"weight": 4096, "input": 4096, "output": 4096},
        "dram": {
            "preset": "tiny",
            "bandwidth_gbps": 4,
            "burst_bytes": 4,
            "latency_ns": 0,
            "energy_pj_per_bit": 1,
            "ideal": False,
        },
        "technology": {"node_nm": 28, "sram": "cacti7-hp-28nm", "logic_leakage_nw_per_um2": 1},
    }
    for key, value in changes.items():
        *sections, last = key.split("__")
        target = description
        for section in sections:
            target = target[section]
        target[last] = value
    return Hardware.model_validate(description)


@st.composite
def hardwares(draw: st.DrawFn) -> Hardware:
    """Arrays of 1 x 1 to 4 x 5 in every overlap mode, with buffers that may be too small for a network."""
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    shadow, overlap = draw(st.sampled_from(OVERLAPS))
    psum_bits = draw(st.sampled_from([8, 12, 16, 21, 32]))
    scale = draw(st.sampled_from([1, 1, 2, 5, 40]))
    activation_lanes = draw(st.sampled_from(ACTIVATION_LANES))
    terms = max(lanes_by_width(activation_lanes).values())
    return make_hardware(
        clock_mhz=draw(st.sampled_from([1000, 500, 700])),
        array__rows=rows,
        array__cols=cols,
        array__weight_double_buffer=shadow,
        array__fold_overlap=overlap,
        array__psum_bits=psum_bits,
        pe__weight_lanes=draw(st.sampled_from(WEIGHT_LANES)),
        pe__activation_lanes=activation_lanes,
        decoder__latency_cycles=draw(st.integers(0, 3)),
        encoder__latency_cycles=draw(st.integers(0, 3)),
        ppu__lanes_per_column=draw(st.integers(1, 2)),
        ppu__passes={"default": draw(st.integers(0, 3)), "Identity": draw(st.integers(0, 1))},
        buffers__weight=scale * (2 * rows * cols * terms + draw(st.integers(0, 20))),
        buffers__input=scale * (2 * rows + draw(st.integers(0, 40))),
        buffers__output=scale * (8 * cols * -(-psum_bits // 8) + draw(st.integers(0, 40))),
        dram=draw(st.one_of(plain_drams(), banked_drams())),
    )


@st.composite
def plain_drams(draw: st.DrawFn) -> dict[str, Any]:
    """A bandwidth and a latency, or ideal memory."""
    burst = draw(st.sampled_from([4, 8, 12, 16, 32, 64]))
    return {
        "preset": "tiny",
        "bandwidth_gbps": burst / draw(st.sampled_from([0.7, 1, 1.5, 2, 3.1, 5.3, 9])),
        "burst_bytes": burst,
        "latency_ns": draw(st.sampled_from([0, 0, 1, 3.5, 7, 20, 40])),
        "energy_pj_per_bit": 1,
        "ideal": draw(st.sampled_from([False, False, False, False, True])),
    }


@st.composite
def banked_drams(draw: st.DrawFn) -> dict[str, Any]:
    """Banks with short times, at clocks below and above the array's."""
    burst, length = draw(st.sampled_from([4, 16, 64])), draw(st.sampled_from([2, 4]))
    clock_mhz = draw(st.sampled_from([300, 500, 1000, 1333, 2400]))
    device = {
        "channels": draw(st.sampled_from([1, 1, 2])),
        "ranks": draw(st.sampled_from([1, 2])),
        "bank_groups": draw(st.sampled_from([1, 2])),
        "banks_per_group": draw(st.sampled_from([1, 2])),
        "rows": 2**16,
        "columns": length * draw(st.sampled_from([1, 4, 16])),
        "width_bits": 8 * burst // length,
        "burst_length": length,
        "data_rate_mts": 2 * clock_mhz,
        "clock_mhz": clock_mhz,
    }
    banks = device["channels"] * device["ranks"] * device["bank_groups"] * device["banks_per_group"]
    device["capacity"] = banks * device["rows"] * device["columns"] * device["width_bits"] // 8
    rcd, rp, ccd, rrd = (draw(st.integers(1, 4)) for _ in range(4))
    ccd = max(ccd, length // 2)
    clocks = {"cl": 5, "cwl": 3, "rcd": rcd, "rp": rp, "ras": rcd + 3, "rc": rcd + rp + 4, "rtp": 2, "wr": 3}
    clocks |= {"ccd_s": ccd, "ccd_l": ccd + 1, "rrd_s": rrd, "rrd_l": rrd + 1, "faw": 4 * rrd + 3}
    clocks |= {"wtr_s": 1, "wtr_l": 3, "turnaround": 1, "rank_switch": 1, "refi": 150, "rfc": 20}
    high = draw(st.integers(1, 6))
    return {
        "preset": "custom",
        "bandwidth_gbps": device["channels"] * device["data_rate_mts"] * device["width_bits"] / 8000,
        "burst_bytes": burst,
        "latency_ns": 0,
        "energy_pj_per_bit": 1,
        "ideal": False,
        "model": "banked",
        "device": device,
        "timing": {name: f"{number} clk" for name, number in clocks.items()},
        "controller": {
            "mapping": draw(st.sampled_from(["RoRaBaCoBgCh", "RoBgBaRaCoCh", "ChRaBgBaRoCo"])),
            "scheduling": draw(st.sampled_from(["fr-fcfs", "fr-fcfs", "in-order"])),
            "page": draw(st.sampled_from(["open", "closed"])),
            "read_queue": draw(st.integers(1, 9)),
            "write_queue": high + 1,
            "write_high": high,
            "write_low": high - 1,
            "latency_ns": draw(st.sampled_from([0, 3.5, 20])),
        },
    }


def number_format(bits: int) -> Format:
    """Any log posit of `bits` bits."""
    return Format(n=bits, es=0, rs=1 if bits == 2 else 2, sf=0.0, basis="assumed")


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Convolutions with strides, dilation, groups and pads that differ from side to side."""
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
    sizes, outs, kernel, strides, dilations = [], [], [], [], []
    for axis in range(2):
        taps, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        span, padding = dilation * (taps - 1) + 1, pads[axis] + pads[axis + 2]
        size = max(draw(st.integers(1, 6)), span - padding)
        sizes.append(size)
        outs.append((size + padding - span) // stride + 1)
        kernel.append(taps)
        strides.append(stride)
        dilations.append(dilation)
    return Window(
        batch=draw(st.integers(1, 2)),
        in_channels=groups * draw(st.integers(1, 3)),
        in_height=sizes[0],
        in_width=sizes[1],
        out_channels=groups * draw(st.integers(1, 4)),
        out_height=outs[0],
        out_width=outs[1],
        kernel=(kernel[0], kernel[1]),
        stride=(strides[0], strides[1]),
        dilation=(dilations[0], dilations[1]),
        pads=pads,
        groups=groups,
    )


def window_gemm(window: Window) -> Gemm:
    """The products that a convolution is."""
    return Gemm(
        count=window.groups,
        m=window.batch * window.out_height * window.out_width,
        k=window.in_channels // window.groups * window.kernel[0] * window.kernel[1],
        n=window.out_channels // window.groups,
    )


@st.composite
def layers(draw: st.DrawFn, number: int) -> Layer:
    """A layer that may read from any of the layers 0 .. number - 1."""
    earlier = [f"layer{i}" for i in range(number)]
    some = st.lists(st.sampled_from(earlier), min_size=1, max_size=2, unique=True) if earlier else st.just([])
    chain = st.one_of(st.just(earlier[-1:]), some, st.just([]))
    kind = draw(st.sampled_from(["gemm", "gemm", "dynamic", "conv", "conv", "ppu"]))
    window = draw(windows()) if kind == "conv" else None
    gemm = window_gemm(window) if window else None
    if kind in ("gemm", "dynamic"):
        gemm = Gemm(
            count=draw(st.sampled_from([1, 1, 1, 2, 3])),
            m=draw(st.integers(1, 12)),
            k=draw(st.integers(1, 13)),
            n=draw(st.integers(1, 13)),
        )
    results = gemm.count * gemm.m * gemm.n if gemm else draw(st.integers(1, 60))
    inputs = gemm.count * gemm.m * gemm.k if gemm else results
    operators = []
    if draw(st.booleans()) or kind == "ppu":
        operators.append(PpuOperator(operator="Relu", node="a", elements=draw(st.integers(0, 3 * results))))
    if draw(st.sampled_from([False, False, True])):
        operators.append(
            PpuOperator(
                operator="Add",
                node="b",
                elements=results,
                operand_elements=draw(st.sampled_from([results, results, max(1, results // 7)])),
                operand_bits=draw(st.integers(2, 8)),
                operand_from=tuple(draw(some)),
            )
        )
    sizes = draw(st.sampled_from([[results], [results], [max(1, results // 4)], [results, 5], []]))
    weights = {"ppu": "none", "dynamic": "dynamic"}.get(kind, "constant")
    return Layer(
        name=f"layer{number}",
        operator=kind,
        gemm=gemm,
        window=window,
        input_elements=inputs,
        inputs=tuple(draw(chain)),
        weights=weights,
        weight_inputs=tuple(draw(chain)) if kind == "dynamic" else (),
        weight_format=number_format(draw(st.integers(2, 8))) if gemm else None,
        activation_format=number_format(draw(st.integers(2, 8))),
        ppu=tuple(operators),
        outputs=tuple(
            Output(tensor=f"t{number}.{i}", elements=size, format=number_format(draw(st.integers(2, 8))))
            for i, size in enumerate(sizes)
        ),
    )


def make_trace(network: list[Layer]) -> Trace:
    """A trace of these layers."""
    nothing = dict.fromkeys(Provenance.model_fields, "none")
    return Trace(
        schema="lpasim-trace",
        version=1,
        name="random",
        title="Random layers",
        batch=1,
        input_shapes={},
        provenance=Provenance(**nothing),
        layers=tuple(network),
        free=(),
    )


@dataclass(frozen=True)
class Case:
    """An accelerator, and a network mapped on it."""

    hardware: Hardware
    trace: Trace
    schedule: tuple[LayerSchedule, ...]


@st.composite
def cases(draw: st.DrawFn, max_layers: int = 4) -> Case:
    """Networks of 1 to `max_layers` layers, mapped on accelerators with buffers that are grown until the network fits.

    In some, each layer is then cut again at random: simulating must be exact for any schedule, not for good ones alone.
    """
    hardware = draw(hardwares())
    trace = make_trace([draw(layers(number)) for number in range(draw(st.integers(1, max_layers)))])
    schedule = None
    while schedule is None:
        try:
            schedule = map_network(trace, hardware)
        except MappingError:
            hardware = resized(hardware, {name: 5 * size // 4 + 1 for name, size in hardware.buffers})
    if draw(st.booleans()):
        mapped = [replace(layer, tiling=draw(tilings_of(layer.problem))) for layer in map_layers(trace, hardware)]
        needs = [blocks(layer.problem, layer.tiling) for layer in mapped]
        spare = draw(st.integers(0, 9))
        hardware = resized(hardware, {name: max(2 * need[name] + spare for need in needs) for name in needs[0]})
        schedule = schedule_layers(mapped, hardware)
    return Case(hardware, trace, schedule)


def resized(hardware: Hardware, buffers: dict[str, int]) -> Hardware:
    """The accelerator with other buffers."""
    return hardware.model_copy(update={"buffers": hardware.buffers.model_copy(update=buffers)})


@st.composite
def tilings_of(draw: st.DrawFn, problem: Problem) -> Tiling:
    """Any way to cut a layer, in at most some 40 tiles."""
    units = {
        "groups": problem.groups,
        "images": problem.batch,
        "rows": problem.rows,
        "cols": problem.cols,
        "k": problem.k_folds,
        "n": problem.n_folds,
    }
    room, parts = 40, {}
    for name in draw(st.permutations(list(units))):
        parts[name] = draw(st.integers(1, min(units[name], room, 6)))
        room //= parts[name]
    return Tiling(
        groups=plain_cut(problem.groups, 1, parts["groups"]),
        positions=position_cut(problem, parts["images"], parts["rows"], parts["cols"]),
        k=channel_cut(problem, parts["k"]),
        n=plain_cut(problem.n, problem.fold_cols, parts["n"]),
        outer=draw(st.sampled_from(["m", "n"])),
    )


def blocks(problem: Problem, tiling: Tiling) -> dict[str, int]:
    """Bytes of the largest block in each buffer."""
    groups, (words, pixels) = tiling.groups.largest[0], tiling.positions.largest
    (depth, channels), width = tiling.k.largest, tiling.n.largest[0]
    return {
        "weight": problem.weight_bytes(groups, depth, width),
        "input": problem.input_bytes(groups, pixels, channels),
        "output": problem.output_bytes(groups * words * width),
    }
