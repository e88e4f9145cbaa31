"""Weights of a given average, means of layers, and what published throughputs imply: against hand computation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.quantization.workload import load_workload
from lpasim.reports.reproduction.case import published_lanes, published_weight_bits
from lpasim.reports.reproduction.throughput import needed_share
from lpasim.reports.reproduction.weightings import share_of_macs, weighted_peak_gops
from lpasim.reports.reproduction.widths import average_weight_bits, with_average_weight_bits
from lpasim.reports.reproduction.words import listed, share
from lpasim.reports.simulate import simulate

TRACE = load_workload("resnet8_cifar10")
CONSTANT = [layer for layer in TRACE.layers if layer.weights == "constant"]


def test_what_the_published_throughput_implies():
    assert published_lanes() == pytest.approx(203.4 / 64)
    assert published_weight_bits() == pytest.approx(8 * 64 / 203.4)


@pytest.mark.parametrize(("design", "gops"), [("ant", 44.95), ("bitfusion", 44.01)])
def test_the_needed_share_of_4_bits_gives_the_throughput(design, gops):
    part = needed_share(design)
    assert 1 / (part / 64 + (1 - part) / 16) == pytest.approx(gops)


@settings(max_examples=30, deadline=None)
@given(target=st.floats(2.5, 8))
def test_assigned_widths_reach_their_average_from_below(target):
    """No layer could be raised without passing the target; the ends have 8 bits; the rest stays."""
    trace = with_average_weight_bits(TRACE, target)
    bits = [layer.weight_format.n for layer in trace.layers if layer.weights == "constant"]
    assert bits[0] == bits[-1] == 8
    assert set(bits) <= {2, 4, 8}
    average = average_weight_bits(trace)
    assert average <= target + 1e-9
    for layer, width in zip(CONSTANT, bits, strict=True):
        if width < 8:
            wider = {2: 4, 4: 8}[width]
            assert average + layer.gemm.macs * (wider - width) / TRACE.macs > target
    assert [layer.activation_format for layer in trace.layers] == [layer.activation_format for layer in TRACE.layers]
    assert trace.provenance.accuracy is None


def test_average_bits_by_hand():
    assert average_weight_bits(load_workload("gemm:10x20x30@w4a8")) == 4
    total = sum(layer.gemm.macs * layer.weight_format.n for layer in TRACE.layers if layer.gemm)
    assert average_weight_bits(TRACE) == pytest.approx(total / TRACE.macs)


def test_all_lanes_busy_by_every_weighting():
    """64 PEs at 2 operations and 500 MHz do 64, 128 and 256 GOPS with 8, 4 and 2 bits."""
    report = simulate("resnet8_cifar10", "lpa")
    layers = [(each.gemm, 64 * 8 / {2: 2, 4: 4}.get(each.weight_format.n, 8)) for each in CONSTANT]
    macs = [(gemm.macs, speed) for gemm, speed in layers]
    by_macs = sum(count * speed for count, speed in macs) / sum(count for count, _ in macs)
    assert weighted_peak_gops(report, "MACs") == pytest.approx(by_macs)
    assert weighted_peak_gops(report, "layers") == pytest.approx(sum(speed for _, speed in layers) / len(layers))
    weights = [(gemm.k * gemm.n, speed) for gemm, speed in layers]
    by_weights = sum(count * speed for count, speed in weights) / sum(count for count, _ in weights)
    assert weighted_peak_gops(report, "weights") == pytest.approx(by_weights)


def test_the_shares_of_macs_add_up():
    report = simulate("resnet8_cifar10", "lpa")
    assert sum(share_of_macs(report, lanes) for lanes in (1, 2, 4)) == pytest.approx(1)


def test_lists_and_shares():
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")
    assert share(0.603, 1) == "60.3 %"
