"""Runs with rounded weights and activations: against the network of a trace, and from the middle on."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import all_nearest, fashion, pictures, seen_tensors, subject_of, whole_run
from threadpoolctl import threadpool_limits

from lpasim.errors import NetworkError, SearchError
from lpasim.formats import LogPosit
from lpasim.inference.lp_network import LpNetwork
from lpasim.lpq.quantized_run import Quantized, RoundedLayer
from lpasim.lpq.subject import PART, Subject
from lpasim.networks.execution import Executor
from lpasim.quantization.build import build_trace
from lpasim.quantization.formats import as_posit
from lpasim.quantization.trained import TRAINED
from lpasim.quantization.workload import load_workload

PERCEPTRON = model(
    [node("Gemm", "x u b", "h"), node("Relu", "h", "r"), node("Gemm", "r v", "y")],
    {"x": ["N", 6]},
    "y",
    {"u": drawn(6, 5), "b": drawn(5), "v": drawn(5, 3)},
)


@pytest.fixture(autouse=True)
def one_thread():
    """Sums of float32 in NumPy's threads come in another order."""
    with threadpool_limits(1):
        yield


def formats_of(trace):
    weights = {layer.name: as_posit(layer.weight_format) for layer in trace.layers if layer.weight_format is not None}
    stored = {out.tensor: as_posit(out.format) for layer in trace.layers for out in layer.outputs}
    return weights, stored | {"images": as_posit(trace.layers[0].activation_format)}


@pytest.mark.parametrize("batchnorm", ["ppu", "fold"])
def test_it_is_the_network_of_a_trace_with_the_same_formats(batchnorm):
    subject, images = fashion(batchnorm), pictures(6)
    trace = build_trace("fashion", batchnorm="ppu") if batchnorm == "ppu" else load_workload("fashion")
    assert trace.batchnorm == batchnorm
    weights, stored = formats_of(trace)
    observed = {}
    network = subject.executor(6).network
    (expected,) = LpNetwork(network, trace, "float").run({subject.input: images}, observe=observed.__setitem__).values()
    layers = all_nearest(subject, {layer.name: weights[layer.name] for layer in subject.layers})
    got = seen_tensors(subject, images, Quantized(layers, stored))
    assert len(observed) == 9
    for tensor, values in observed.items():
        same = got[tensor] == values  # sums of float32 in another order may come to lie across a threshold
        assert same.mean() > 0.999, tensor
    assert np.abs(got[subject.output] - expected).max() <= 0.05 * np.abs(expected).max()


def test_nothing_rounded_is_the_float_network():
    subject, images = fashion(), pictures(3)
    expected = Executor(subject.executor(3).network).run({subject.input: images})[subject.output]
    assert np.array_equal(whole_run(subject, images), expected)


def test_weights_activations_and_shifts_are_rounded_and_added_where_they_belong():
    subject, images = subject_of(PERCEPTRON), drawn(4, 6, seed=2)
    formats = {"x": LogPosit(5, 1, 2, 0.0), "h": LogPosit(4, 1, 2, 0.5)}
    u, b, v = drawn(6, 5), drawn(5), drawn(5, 3)
    first = subject.layers[0]
    shift, added = drawn(5, seed=8), drawn(5, seed=9)
    layers = {"h": RoundedLayer(first, np.asarray(u * 2, np.float32), shift)}
    quantized = Quantized(layers, formats, {"h": added}.get)
    seen = seen_tensors(subject, images, quantized)
    x = formats["x"].quantize(images, "log")
    h = formats["h"].quantize(x @ (u * 2) + b + shift + added, "log")
    assert np.array_equal(seen["x"], x)
    assert np.array_equal(seen["h"], h)
    assert np.allclose(seen["y"], np.maximum(h, 0) @ v, atol=1e-5)


def test_a_passage_goes_on_from_a_copy_and_from_what_another_left():
    subject, images = fashion(), pictures(4)
    executor = subject.executor(4)
    expected = executor.run({subject.input: images})[subject.output]
    passage = executor.start({subject.input: images})
    copies = []
    for block in subject.blocks.blocks:
        passage.advance(block.first)
        assert passage.done == block.first
        copies.append(passage.copy())
    passage.advance()
    assert passage.done == len(executor.nodes)
    assert np.array_equal(passage.results[subject.output], expected)
    for block, copy in zip(subject.blocks.blocks, copies, strict=True):
        assert copy.done == block.first
        other = executor.start({subject.input: np.zeros_like(images)})
        other.resume(block.first, {block.tensor: copy.tensors[block.tensor]})
        assert set(other.tensors) - executor.network.constants == {block.tensor}
        for run in (copy, other):
            run.advance()
            assert np.array_equal(run.results[subject.output], expected)


def test_a_copy_that_goes_its_own_way_leaves_the_other_alone():
    subject, images = fashion(), pictures(2)
    executor = subject.executor(2)
    expected = executor.run({subject.input: images})[subject.output]
    passage = executor.start({subject.input: images})
    passage.advance(3)
    branch = passage.copy()
    name = next(name for name in branch.tensors if name not in executor.network.constants)
    branch.tensors[name] = branch.tensors[name] * 2
    branch.advance()
    assert passage.done == 3
    passage.advance()
    assert np.array_equal(passage.results[subject.output], expected)
    assert not np.array_equal(branch.results[subject.output], expected)


def test_a_constant_of_a_passage_can_be_replaced():
    subject, images = subject_of(PERCEPTRON), drawn(4, 6, seed=2)
    executor = subject.executor(4)
    passage = executor.start({"x": images})
    passage.tensors["b"] = np.zeros(5, np.float32)
    passage.advance()
    assert np.allclose(passage.results["y"], np.maximum(images @ drawn(6, 5), 0) @ drawn(5, 3), atol=1e-5)
    assert np.array_equal(executor.constant("b"), drawn(5))


def test_hooks_of_a_passage_may_change_from_stretch_to_stretch():
    subject, images = fashion(), pictures(2)
    executor = subject.executor(2)
    expected, seen = executor.run({subject.input: images}), []

    def stored(name, values):
        seen.append(name)
        return values

    passage = executor.start({subject.input: images}, stored=stored)
    passage.advance(2, stored=stored)
    passage.advance(4)
    passage.advance(stored=stored)
    made = [subject.input, *(name for node in executor.nodes for name in node.outputs)]
    assert seen == made[:3] + made[5:]
    assert np.array_equal(passage.results[subject.output], expected[subject.output])


def test_a_network_of_one_image_runs_image_by_image():
    proto = model([node("Gemm", "x u", "y")], {"x": [1, 6]}, "y", {"u": drawn(6, 5)})
    assert subject_of(proto).part == 1
    assert subject_of(PERCEPTRON).part == fashion().part == PART


def test_several_inputs_and_no_weights_are_refused():
    two = model(
        [node("Gemm", "x u", "p"), node("Add", "p z", "y")], {"x": ["N", 6], "z": ["N", 5]}, "y", {"u": drawn(6, 5)}
    )
    with pytest.raises(NetworkError, match=r"^network must have one input, of images, got 2 \(test\.onnx\)$"):
        subject_of(two)
    with pytest.raises(SearchError, match=r"^network must have a layer with constant weights to quantize, got none"):
        subject_of(model([node("Relu", "x", "y")], {"x": ["N", 6]}, "y", {}))


def test_layers_are_in_the_order_of_execution():
    subject = Subject(TRAINED["fashion"].model)
    order = [node.name for node in subject.executor(1).nodes]
    assert [layer.name for layer in subject.layers] == sorted((layer.name for layer in subject.layers), key=order.index)
    assert subject.image_shape == (1, 28, 28)
    assert sum(layer.count for layer in subject.layers) == sum(layer.matrices.size for layer in subject.layers)
