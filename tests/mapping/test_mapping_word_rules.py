"""The bits of a workload under the rules of an accelerator."""

from __future__ import annotations

from collections import Counter

import pytest

from lpasim.hardware import load_hardware
from lpasim.hardware.published_bits import list_bits, load_bits
from lpasim.mapping import with_word_rules
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_rules import broken_rules
from lpasim.quantization.workload import load_workload

PUBLISHED = {
    ("ant", "resnet18"): {8: 2, 4: 19},
    ("ant", "resnet50"): {8: 2, 4: 52},
    ("ant", "vit_b"): {8: 11, 4: 39},
    ("bitfusion", "resnet18"): {8: 19, 4: 2},
    ("bitfusion", "resnet50"): {8: 33, 4: 21},
    ("bitfusion", "vit_b"): {8: 44, 4: 6},
    ("olaccel", "resnet50"): {8: 2, 4: 52},
}
"""Layers by bits in the simulator of ANT; its ViT-B has no patch embedding for ANT, which has 8 bits here."""


def bits(trace: Trace, operand: str) -> list[int]:
    return [getattr(layer, operand).n for layer in trace.layers if layer.weights == "constant"]


@pytest.mark.parametrize(("rule", "network"), PUBLISHED)
def test_published_bits_have_the_published_counts(rule: str, network: str) -> None:
    trace = load_workload(network)
    ruled = with_word_rules(
        trace, load_hardware("ant", {f"words.{key}_bits": rule for key in ("weight", "activation")}).hardware
    )
    assert Counter(bits(ruled, "weight_format")) == PUBLISHED[rule, network]
    assert bits(ruled, "weight_format") == bits(ruled, "activation_format")
    assert not broken_rules(ruled)


@pytest.mark.parametrize("rule", list_bits())
def test_published_bits_name_layers_that_exist(rule: str) -> None:
    for network, found in load_bits(rule).networks.items():
        names = {layer.name for layer in load_workload(network).layers}
        assert {name for name in found if name is not None} <= names


def test_the_rules_of_lpa_leave_a_trace_alone() -> None:
    trace = load_workload("resnet8_cifar10")
    assert with_word_rules(trace, load_hardware("lpa").hardware) is trace


def test_a_width_holds_everywhere_and_forgets_the_accuracy() -> None:
    trace = load_workload("resnet8_cifar10")
    ruled = with_word_rules(trace, load_hardware("biscaled").hardware)
    stored = [output.format.n for layer in ruled.layers for output in layer.outputs]
    operands = [op.operand_bits for layer in ruled.layers for op in layer.ppu if op.operand_elements]
    assert {*bits(ruled, "weight_format"), *bits(ruled, "activation_format"), *stored, *operands} == {6}
    assert trace.provenance.accuracy
    assert ruled.provenance.accuracy is None
    assert "6 bits (rules of biscaled)" in ruled.provenance.bit_assignment


def test_weights_alone_may_have_a_rule() -> None:
    trace = load_workload("resnet8_cifar10")
    ruled = with_word_rules(trace, load_hardware("lpa-2").hardware)
    assert set(bits(ruled, "weight_format")) == {2}
    assert bits(ruled, "activation_format") == bits(trace, "activation_format")


def test_results_are_stored_as_their_widest_reader_takes_them() -> None:
    """In ResNet-18 every result goes to layers of 4 bits, but for that of the last block, which fc reads in 8."""
    ruled = with_word_rules(load_workload("resnet18"), load_hardware("ant").hardware)
    stored = {layer.name: layer.outputs[0].format.n for layer in ruled.layers}
    assert stored["conv1"] == stored["layer1.0.conv1"] == stored["layer4.1.conv1"] == 4
    assert stored["layer4.1.conv2"] == stored["fc"] == 8


def test_another_network_of_a_listed_name_is_not_listed() -> None:
    trace = load_workload("resnet8_cifar10").model_copy(update={"name": "resnet18"})
    first, *middle, last = bits(with_word_rules(trace, load_hardware("ant").hardware), "weight_format")
    assert (first, set(middle), last) == (8, {4}, 8)


def test_a_product_by_itself_keeps_its_bits() -> None:
    trace = load_workload("gemm:8x8x8@w4a4")
    assert with_word_rules(trace, load_hardware("ant").hardware) is trace
    assert bits(with_word_rules(trace, load_hardware("int8").hardware), "weight_format") == [8]


def test_other_networks_have_8_bits_at_their_ends() -> None:
    ruled = with_word_rules(load_workload("resnet8_cifar10"), load_hardware("ant").hardware)
    first, *middle, last = bits(ruled, "weight_format")
    assert (first, last) == (8, 8)
    assert set(middle) == {4}
