"""Layers and accelerators for the mapper's tests, by hand and by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from lpasim.hardware.model import Hardware
from lpasim.quantization.trace import Format, Gemm, Layer, Output, Provenance, Trace, Window


def accelerator(**sections: Any) -> Hardware:
    """A small accelerator; each keyword replaces keys of a section (``array={"rows": 2}``)."""
    text: dict[str, Any] = {
        "schema": "lpasim-hardware",
        "version": 1,
        "name": "small",
        "title": "small",
        "clock_mhz": 500,
        "array": {"rows": 8, "cols": 8, "weight_double_buffer": True, "fold_overlap": True, "psum_bits": 24},
        "pe": {"area_um2": 1, "mac_8bit_pj": 1, "mac_4bit_pj": 1, "mac_2bit_pj": 1},
        "decoder": {"latency_cycles": 1, "area_um2": 1, "energy_pj": 1},
        "encoder": {"latency_cycles": 1, "area_um2": 1, "energy_pj": 1},
        "ppu": {"lanes_per_column": 4, "lane_area_um2": 1, "pass_pj": 1, "passes": {"default": 1, "Identity": 1}},
        "buffers": {"weight": "128 KiB", "input": "256 KiB", "output": "128 KiB"},
        "dram": {
            "preset": "lpddr4-3200",
            "bandwidth_gbps": 12.8,
            "burst_bytes": 64,
            "latency_ns": 60,
            "energy_pj_per_bit": 8,
            "ideal": False,
        },
        "technology": {"node_nm": 28, "sram": "cacti7-hp-28nm", "logic_leakage_nw_per_um2": 0},
    }
    for section, values in sections.items():
        text[section] = text[section] | values
    return Hardware.model_validate(text)


def lp(n: int) -> Format:
    return Format(n=n, es=0, rs=1 if n == 2 else 2, sf=0.0, basis="assumed")


def product(m: int, k: int, n: int, count: int = 1, weight_bits: int = 8, name: str = "gemm") -> Layer:
    return Layer(
        name=name,
        operator="MatMul",
        gemm=Gemm(count=count, m=m, k=k, n=n),
        input_elements=count * m * k,
        inputs=(),
        weights="constant",
        weight_format=lp(weight_bits),
        activation_format=lp(8),
        ppu=(),
        outputs=(Output(tensor=name, elements=count * m * n, format=lp(8)),),
    )


def convolution(window: Window, weight_bits: int = 8, name: str = "conv") -> Layer:
    area = window.kernel[0] * window.kernel[1]
    gemm = Gemm(
        count=window.groups,
        m=window.batch * window.out_height * window.out_width,
        k=window.in_channels // window.groups * area,
        n=window.out_channels // window.groups,
    )
    return Layer(
        name=name,
        operator="Conv",
        gemm=gemm,
        window=window,
        input_elements=window.batch * window.in_channels * window.in_height * window.in_width,
        inputs=(),
        weights="constant",
        weight_format=lp(weight_bits),
        activation_format=lp(8),
        ppu=(),
        outputs=(Output(tensor=name, elements=gemm.count * gemm.m * gemm.n, format=lp(8)),),
    )


def trace_of(*layers: Layer) -> Trace:
    nothing = dict.fromkeys(Provenance.model_fields, "-")
    return Trace(
        schema="lpasim-trace",
        version=1,
        name="case",
        title="case",
        batch=1,
        input_shapes={"input": (1,)},
        provenance=Provenance(**nothing),
        layers=layers,
        free=(),
    )


@st.composite
def windows(draw: st.DrawFn, largest: int = 9) -> Window:
    """A small convolution with any stride, dilation, padding and groups, on images up to `largest` square."""
    groups = draw(st.integers(1, 3))
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
    height = draw(st.integers(max(1, reach[0] - pads[0] - pads[2]), max(largest, reach[0])))
    width = draw(st.integers(max(1, reach[1] - pads[1] - pads[3]), max(largest, reach[1])))
    return Window(
        batch=draw(st.integers(1, 3)),
        in_channels=groups * draw(st.integers(1, 4)),
        in_height=height,
        in_width=width,
        out_channels=groups * draw(st.integers(1, largest)),
        out_height=(height + pads[0] + pads[2] - reach[0]) // stride[0] + 1,
        out_width=(width + pads[1] + pads[3] - reach[1]) // stride[1] + 1,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        pads=pads,
        groups=groups,
    )


@st.composite
def layers(draw: st.DrawFn, largest: int = 40) -> Layer:
    """A product with sides up to `largest` or a small convolution, at any mode; maybe kept in two formats."""
    bits = draw(st.sampled_from([2, 4, 8]))
    if draw(st.booleans()):
        layer = convolution(draw(windows(min(9, largest // 2))), bits)
    else:
        m, k, n = (draw(st.integers(1, largest)) for _ in range(3))
        layer = product(m, k, n, draw(st.integers(1, 4)), bits)
    return layer.model_copy(update={"outputs": layer.outputs * draw(st.integers(1, 2))})


@st.composite
def accelerators(draw: st.DrawFn) -> Hardware:
    """A small array with buffers from barely enough to ample."""
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    shadow = draw(st.booleans())
    return accelerator(
        array={
            "rows": rows,
            "cols": cols,
            "weight_double_buffer": shadow,
            "fold_overlap": shadow and draw(st.booleans()),
            "psum_bits": draw(st.sampled_from([8, 24])),
        },
        buffers={
            "weight": 2 * rows * cols * draw(st.integers(1, 12)),
            "input": draw(st.integers(96, 2000)),
            "output": 2 * 3 * 4 * cols * draw(st.integers(1, 40)),
        },
        dram={"burst_bytes": draw(st.sampled_from([1, 4, 32])), "latency_ns": draw(st.integers(0, 50))},
    )
