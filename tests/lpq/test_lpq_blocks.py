"""Blocks of real structures, whose number and members are known, and of small ones worked out by hand."""

from itertools import pairwise

import numpy as np
import pytest
from lpq_graphs import drawn, layers, model, node

from lpasim.lpq.blocks import running_nodes, split_blocks
from lpasim.networks.execution import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.networks.zoo.catalogue import built_in
from lpasim.quantization.trained import find_network


def blocks_of(name):
    graph = fuse(import_model(built_in(name), name))
    return graph, split_blocks(graph).blocks


def chain(*operators):
    """Make layers behind one another: `c` a convolution with a ReLU, `r` two convolutions with a connection past."""
    nodes, weights, x = [], {}, "x"

    def conv(name, source):
        weights[f"{name}.w"] = drawn(3, 3, 1, 1)
        nodes.append(node("Conv", f"{source} {name}.w", name))
        nodes.append(node("Relu", name, f"{name}.relu"))
        return f"{name}.relu"

    for index, kind in enumerate(operators):
        if kind == "c":
            x = conv(f"c{index}", x)
        else:
            inner = conv(f"r{index}b", conv(f"r{index}a", x))
            nodes.append(node("Add", f"{x} {inner}", f"r{index}"))
            x = f"r{index}"
    return layers(model(nodes, {"x": [1, 3, 4, 4]}, x, weights))


def test_each_residual_block_of_resnet18_is_one():
    _, blocks = blocks_of("resnet18")
    expected = []
    for stage in range(1, 5):
        for index in range(2):
            name = f"layer{stage}.{index}"
            skip = [f"{name}.downsample.0"] if stage > 1 and index == 0 else []
            expected.append({f"{name}.conv1", f"{name}.conv2", *skip})
    expected[0].add("conv1")
    expected[-1].add("fc")
    assert [set(block.layers) for block in blocks] == expected


def test_attentions_and_perceptrons_of_vit_tiny_are_blocks_of_their_own():
    _, blocks = blocks_of("vit_tiny")
    assert len(blocks) == 24
    for depth in range(12):
        attention, perceptron = blocks[2 * depth : 2 * depth + 2]
        first = {"patch_embed"} if depth == 0 else set()
        last = {"head"} if depth == 11 else set()
        name = f"blocks.{depth}"
        weighted = {f"{name}.attn.qkv.matmul", f"{name}.attn.proj.matmul"} | first
        assert set(attention.weighted) == weighted
        assert {layer for layer in attention.layers if "attn" in layer} - weighted == {
            f"{name}.attn.scores",
            f"{name}.attn.context",
        }
        assert set(perceptron.weighted) == {f"{name}.mlp.fc1.matmul", f"{name}.mlp.fc2.matmul"} | last


def test_each_fire_module_of_squeezenet_is_one():
    _, blocks = blocks_of("squeezenet1_1")
    fires = [{f"fire{n}.{part}" for part in ("squeeze", "expand1x1", "expand3x3")} for n in range(2, 10)]
    fires[0].add("conv1")
    fires[-1].add("conv10")
    assert [set(block.layers) for block in blocks] == fires


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny", "squeezenet1_1", "mobilenet_v2", "swin_t"])
def test_one_tensor_is_all_that_later_nodes_read(name):
    graph, blocks = blocks_of(name)
    nodes = running_nodes(graph.network)
    assert blocks[0].first == 0
    for block in blocks:
        made_later = {output for later in nodes[block.first :] for output in later.outputs}
        read = {tensor for later in nodes[block.first :] for tensor in later.present}
        assert read - made_later - graph.network.constants == {block.tensor}


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny", "squeezenet1_1", "mobilenet_v2", "swin_t"])
def test_blocks_hold_every_layer_once_in_order(name):
    graph, blocks = blocks_of(name)
    assert [layer for block in blocks for layer in block.layers] == [layer.name for layer in graph.layers]
    weighted = [layer.name for layer in graph.layers if layer.constant_weights]
    assert [layer for block in blocks for layer in block.weighted] == weighted
    index_of = split_blocks(graph).block_of
    assert [index_of[layer] for layer in weighted] == [
        index for index, block in enumerate(blocks) for _ in block.weighted
    ]
    assert all(len(block.weighted) >= 2 for block in blocks)
    nodes = [node.name for node in running_nodes(graph.network)]
    for block, after in pairwise(blocks):
        assert all(block.first <= nodes.index(layer) < after.first for layer in block.layers)


@pytest.mark.parametrize(
    ("operators", "least", "expected"),
    [
        ("cccc", 2, [["c0", "c1"], ["c2", "c3"]]),
        ("ccccc", 2, [["c0", "c1"], ["c2", "c3", "c4"]]),
        ("ccccc", 1, [["c0"], ["c1"], ["c2"], ["c3"], ["c4"]]),
        ("ccccc", 9, [["c0", "c1", "c2", "c3", "c4"]]),
        ("crc", 2, [["c0", "r1a", "r1b", "c2"]]),
        ("ccrccr", 2, [["c0", "c1"], ["r2a", "r2b"], ["c3", "c4"], ["r5a", "r5b"]]),
        ("rr", 1, [["r0a", "r0b"], ["r1a", "r1b"]]),
        ("crr", 3, [["c0", "r1a", "r1b", "r2a", "r2b"]]),
    ],
)
def test_small_stretches_are_joined(operators, least, expected):
    assert [list(block.weighted) for block in split_blocks(chain(*operators), least).blocks] == expected


def test_post_processing_stays_with_the_layer_before_it():
    blocks = split_blocks(chain(*"cccc")).blocks
    assert [(block.first, block.tensor) for block in blocks] == [(0, "x"), (4, "c1.relu")]


def test_a_network_with_two_inputs_is_cut_where_they_have_met():
    weights = {name: drawn(4, 4) for name in "uvst"}
    nodes = [
        node("MatMul", "a u", "p"),
        node("MatMul", "b v", "q"),
        node("Add", "p q", "sum"),
        node("MatMul", "sum s", "r"),
        node("MatMul", "r t", "y"),
    ]
    blocks = split_blocks(layers(model(nodes, {"a": [2, 4], "b": [2, 4]}, "y", weights))).blocks
    assert [(block.weighted, block.first, block.tensor) for block in blocks] == [
        (("p", "q"), 0, ""),
        (("r", "y"), 3, "sum"),
    ]


def test_a_run_can_start_again_at_every_block_with_its_tensor_alone():
    network = import_model(load_model(find_network("fashion")), "fashion", batch=2)
    executor, blocks = Executor(network), split_blocks(fuse(network)).blocks
    assert executor.nodes == running_nodes(network)
    assert [block.weighted for block in blocks] == [
        ("stem.conv", "down.conv"),
        ("first_a.conv", "first_b.conv"),
        ("depthwise.conv", "pointwise.conv"),
        ("second_a.conv", "second_b.conv", "classifier"),
    ]
    (name,) = network.inputs
    inputs = {name: drawn(*network.inputs[name])}
    expected = executor.run(inputs)
    for block in blocks:
        passage = executor.start(inputs)
        passage.advance(block.first)
        for tensor in set(passage.tensors) - network.constants - {block.tensor}:
            del passage.tensors[tensor]
        passage.advance()
        for result, values in passage.results.items():
            assert np.array_equal(values, expected[result])
