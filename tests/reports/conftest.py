"""A small network, made by hand, that has every kind of layer, and its report."""

from __future__ import annotations

import pytest

from lpasim.hardware import load_hardware
from lpasim.quantization.trace import (
    Format,
    FreeOperator,
    Gemm,
    Layer,
    Output,
    PpuOperator,
    Provenance,
    Trace,
    Window,
)
from lpasim.reports.report import Report
from lpasim.reports.simulate import run


def _format(bits: int, basis: str = "fitted") -> Format:
    return Format(n=bits, es=min(1, max(0, bits - 3)), rs=max(1, bits // 2), sf=0.5, basis=basis)


def _conv(name: str, inputs: tuple[str, ...], channels: tuple[int, int], groups: int, weight_bits: int) -> Layer:
    """A 3x3 convolution over a 12x10 image, padded so that the size stays."""
    into, out = channels
    return Layer(
        name=name,
        operator="Conv",
        gemm=Gemm(count=groups, m=120, k=into // groups * 9, n=out // groups),
        window=Window(
            batch=1,
            in_channels=into,
            in_height=12,
            in_width=10,
            out_channels=out,
            out_height=12,
            out_width=10,
            kernel=(3, 3),
            stride=(1, 1),
            dilation=(1, 1),
            pads=(1, 1, 1, 1),
            groups=groups,
        ),
        input_elements=into * 120,
        inputs=inputs,
        weights="constant",
        weight_format=_format(weight_bits, "assumed" if weight_bits == 2 else "fitted"),
        activation_format=_format(8),
        ppu=(PpuOperator(operator="Relu", node=f"{name}/relu", elements=out * 120),),
        outputs=(Output(tensor=f"{name}/out", elements=out * 120, format=_format(8)),),
    )


@pytest.fixture(scope="session")
def small_trace() -> Trace:
    pool = Layer(
        name="pool",
        operator="MaxPool",
        gemm=None,
        input_elements=16 * 120,
        inputs=("depthwise",),
        weights="none",
        weight_format=None,
        activation_format=_format(8),
        ppu=(PpuOperator(operator="MaxPool", node="pool", elements=16 * 30 * 4),),
        outputs=(Output(tensor="pool/out", elements=16 * 30, format=_format(8)),),
    )
    scores = Layer(
        name="encoder/attention/heads/scores",
        operator="MatMul",
        gemm=Gemm(count=2, m=30, k=8, n=30),
        input_elements=16 * 30,
        inputs=("pool",),
        weights="dynamic",
        weight_inputs=("pool",),
        weight_format=_format(8),
        activation_format=_format(4),
        ppu=(PpuOperator(operator="Softmax", node="softmax", elements=1800),),
        outputs=(Output(tensor="scores/out", elements=1800, format=_format(8)),),
    )
    return Trace(
        schema="lpasim-trace",
        version=1,
        name="small",
        title="A small network",
        batch=1,
        input_shapes={"image": (1, 3, 12, 10)},
        provenance=Provenance(
            topology="by hand",
            reference="none",
            weights="none",
            activations="none",
            bit_assignment="8, 2, 4 bits",
            method="by hand",
            command="none",
            lpasim_version="0.1.0",
        ),
        layers=(
            _conv("stem", (), (3, 16), 1, 8),
            _conv("wide", ("stem",), (16, 16), 1, 2),
            _conv("depthwise", ("wide",), (16, 16), 16, 4),
            pool,
            scores,
        ),
        free=(FreeOperator(node="flatten", operator="Flatten", reason="a view of the same data"),),
    )


@pytest.fixture(scope="session")
def small_report(small_trace: Trace) -> Report:
    return run(small_trace, load_hardware("lpa"))
