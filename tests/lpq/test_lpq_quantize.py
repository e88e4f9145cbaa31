"""Quantizing the shipped network: what is promised of averages, files and options, for every way to ask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from lpq_graphs import drawn, model, node, stored_arrays
from lpq_short import IMAGES, found_for, run_of, tiny
from lpq_subjects import fashion, pictures, subject_of
from threadpoolctl import threadpool_limits

from lpasim.errors import SearchError
from lpasim.formats import AdaptivFloat, Flint, Integer, Logarithmic, LogPosit, Posit, UnsignedFlint
from lpasim.inference.lp_network import LpNetwork
from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.plan import ANY, MODES, Plan
from lpasim.lpq.quantize import quantize
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.result import Origin, corrected_model, quantized_trace
from lpasim.lpq.settings import GeneticSettings
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.quantization.formats import as_posit
from lpasim.quantization.preprocess import PREPROCESSES
from lpasim.quantization.trace_file import read_trace
from lpasim.quantization.trained import TRAINED
from lpasim.quantization.weights import layer_weights


def run_of_trace(model_file, trace_file, images):
    """Run a network and a trace as ``lpasim infer`` does."""
    network = import_model(load_model(model_file), str(model_file), batch=len(images))
    with threadpool_limits(1):
        (results,) = LpNetwork(network, read_trace(trace_file), "float").run({"images": images}).values()
    return results


PLANS = {
    "default": {},
    "fold": {"batchnorm": "fold"},
    "channel": {"granularity": "channel"},
    "any": {"bits": ANY, "weight_bits": 3.4},
    "nearest": {"rounding": "nearest", "weight_bits": 5.0, "activation_bits": 6.0},
}


@pytest.mark.parametrize("name", PLANS)
def test_the_trace_and_the_network_give_the_answers_of_the_outcome(written, name):
    done = written(name, **PLANS[name])
    trace_file, model_file = done.files
    assert [path.suffixes for path in done.files] == [[".lpq", ".json"], [".lpq", ".onnx"]]
    assert sorted(path.name for path in trace_file.parent.glob(f"{name}.*")) == sorted(path.name for path in done.files)
    assert read_trace(trace_file) == done.trace
    images = pictures(IMAGES)
    expected, got = run_of(done.outcome, images), run_of_trace(model_file, trace_file, images)
    assert np.array_equal(expected.argmax(axis=1), got.argmax(axis=1))
    assert np.abs(got - expected).max() <= 0.05 * np.abs(expected).max()
    assert np.median(np.abs(got - expected)) <= 1e-4 * np.abs(expected).max()
    assert 0.7 < done.calibration.same / done.calibration.images <= 1


@pytest.mark.parametrize("name", PLANS)
def test_averages_are_within_what_was_asked_for(written, name):
    outcome = written(name, **PLANS[name]).outcome
    plan = outcome.plan
    counts = {layer.name: layer.count for layer in outcome.subject.layers}
    weights = sum(outcome.formats[name].n * count for name, count in counts.items()) / sum(counts.values())
    sizes = {tensor: np.prod(outcome.subject.network.shape(tensor)) for tensor in outcome.activations}
    activations = sum(fmt.n * sizes[tensor] for tensor, fmt in outcome.activations.items()) / sum(sizes.values())
    assert outcome.weight_bits == pytest.approx(weights)
    assert outcome.activation_bits == pytest.approx(activations)
    assert plan.weight_bits - 1 < weights <= plan.weight_bits
    assert plan.average_activation_bits - 1.5 < activations <= plan.average_activation_bits
    assert {fmt.n for fmt in (*outcome.formats.values(), *outcome.activations.values())} <= set(plan.bits)


@pytest.mark.parametrize("name", PLANS)
def test_weights_of_the_file_are_values_of_their_formats(written, name):
    """Folded ones are so once they are folded, which float32 does not do exactly."""
    done = written(name, **PLANS[name])
    trace, fold = done.trace, PLANS[name].get("batchnorm") == "fold"
    network = import_model(load_model(done.files[1]), "test")
    graph = fuse(replace(network, batchnorm=trace.batchnorm))
    layers = {layer.name: layer for layer in graph.layers}
    checked = 0
    for entry in trace.layers:
        if entry.weights == "constant":
            values = np.asarray(layer_weights(graph, layers[entry.name]), np.float64)
            rounded = as_posit(entry.weight_format).quantize(values, "linear").astype(np.float32)
            checked += 1
            if fold:
                np.testing.assert_allclose(rounded, values, rtol=1e-5)
            else:
                assert np.array_equal(rounded, values)
    assert checked == 9


def test_correction_changes_weights_and_biases_alone(written):
    done = written("default")
    before, after = load_model(TRAINED["fashion"].model), load_model(done.files[1])
    assert [n.SerializeToString() for n in before.graph.node] == [n.SerializeToString() for n in after.graph.node]
    old, new = stored_arrays(before), stored_arrays(after)
    changed = {name for name in old if not np.array_equal(old[name], new[name])}
    assert set(new) == set(old)
    assert {layer.layer.constant_weights for layer in fashion().layers} <= changed
    assert len(changed) < len(old)
    onnx.checker.check_model(after, full_check=True)


def test_a_scale_of_each_channel_costs_a_multiplication_where_no_normalization_takes_it(written):
    """Every convolution has a normalization; behind the classifier the trace shows a scale by channel."""
    done, plain = written("channel", **PLANS["channel"]), written("default")
    operators = [n.op_type for n in load_model(done.files[1]).graph.node]
    before = [n.op_type for n in load_model(plain.files[1]).graph.node]
    assert operators.count("Mul") == before.count("Mul") + 1
    operations = {
        name: [op.operator for layer in found.trace.layers if layer.name == "classifier" for op in layer.ppu]
        for name, found in (("plain", plain), ("channel", done))
    }
    assert len(operations["channel"]) == len(operations["plain"]) + 1


def test_channels_of_unlike_size_gain_by_scales_of_their_own():
    scale = 2.0 ** np.arange(0, 12, 2, dtype=np.float32)
    proto = model(
        [node("MatMul", "x u", "h"), node("Relu", "h", "r"), node("MatMul", "r v", "y")],
        {"x": ["N", 8]},
        "y",
        {"u": drawn(8, 6) * scale, "v": drawn(6, 5) / scale[:, None]},
    )
    subject, images = subject_of(proto), drawn(IMAGES, 8, seed=4)
    bits = {"weight_bits": 4.0, "activation_bits": 8.0, "bits": (4, 8)}
    with team(1) as members:
        exact = answers(subject, images, Quantized(), members)
    errors = {
        granularity: np.square(
            run_of(found_for(subject, images, granularity=granularity, **bits), images) - exact
        ).mean()
        for granularity in ("layer", "channel")
    }
    assert errors["channel"] < 0.7 * errors["layer"]


def test_without_correction_the_trace_goes_with_the_network_as_it_is(written):
    done = written("plain", reconstruct=False)
    assert [path.name for path in done.files] == ["plain.lpq.json"]
    assert not done.request.model_file.exists()
    assert done.outcome.corrected is None
    images = pictures(IMAGES)
    got = run_of_trace(TRAINED["fashion"].model, done.files[0], images)
    assert np.array_equal(got.argmax(axis=1), run_of(done.outcome, images).argmax(axis=1))
    with pytest.raises(SearchError, match=r"^network must be corrected to be written anew, got formats alone$"):
        corrected_model(done.outcome)


def test_bits_are_used_where_compression_does_not_count():
    """A small layer may have fewer where that happens to be nearer on the search's few images."""
    outcome = found_for(weight_bits=8.0, activation_bits=8.0, fitness=Fitness(lam=0.0))
    assert {fmt.n for fmt in outcome.activations.values()} == {8}
    assert outcome.weight_bits > 7.5
    images = pictures(60)
    with team(1) as members:
        exact = answers(fashion(), images, Quantized(), members)
    assert (run_of(outcome, images).argmax(axis=1) == exact.argmax(axis=1)).mean() > 0.98


def test_a_tight_bound_gives_the_smallest_widths():
    outcome = found_for(*tiny(), weight_bits=2.0, activation_bits=2.0)
    assert {fmt.n for fmt in (*outcome.formats.values(), *outcome.activations.values())} == {2}


KINDS = {
    "int": {Integer},
    "lns": {Logarithmic},
    "flint": {Flint, UnsignedFlint},
    "adaptivfloat": {AdaptivFloat},
    "posit": {Posit},
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_format_take_the_same_way_but_for_the_trace(kind):
    outcome = found_for(*tiny(), kind=kind, weight_bits=5.0, activation_bits=6.0)
    assert {type(fmt) for fmt in outcome.formats.values()} <= KINDS[kind] - {UnsignedFlint}
    assert {type(fmt) for fmt in outcome.activations.values()} == KINDS[kind]
    assert 4 <= outcome.weight_bits <= 5
    assert outcome.activation_bits <= 6
    for layer in outcome.subject.layers:
        values = outcome.corrected.layers[layer.name].operand
        rounded = outcome.formats[layer.name].quantize(values.astype(np.float64), "linear")
        assert np.array_equal(rounded.astype(np.float32), values)
    origin = Origin("title", "reference", "images", 64, "command", PREPROCESSES["fashion"], "none")
    with pytest.raises(SearchError, match=r"^formats of a trace must be log posits, got "):
        quantized_trace(outcome, origin, "name", None)


def test_the_objective_and_its_pooling_are_options():
    scores = {
        (objective, pooling): found_for(
            *tiny(), fitness=Fitness(objective, pooling), reconstruct=False
        ).state.best.fitness
        for objective, pooling in (("kl", "mean"), ("mse", "mean"), ("global-local-contrastive", "kurtosis"))
    }
    assert len(set(scores.values())) == 3
    assert all(np.isfinite(score) for score in scores.values())


def test_log_posits_are_the_default():
    outcome = found_for(*tiny())
    assert {type(fmt) for fmt in (*outcome.formats.values(), *outcome.activations.values())} == {LogPosit}
    assert outcome.plan.bits == MODES
    assert set(outcome.seconds) >= {"searching", "correcting weights"}


def test_too_few_images_are_refused():
    with pytest.raises(SearchError, match=r"^images must be at least 16, got 15$"):
        found_for(images=pictures(15))


def test_the_bound_of_the_plan_holds_in_the_search():
    plan = Plan(bits=ANY, weight_bits=3.0, reconstruct=False, search=GeneticSettings(images=16, screening=0, passes=1))
    found = quantize(fashion(), pictures(16), plan)
    sizes = [layer.count for layer in fashion().layers]
    for scored in found.state.population:
        bits = sum(gene.n * size for gene, size in zip(scored.candidate, sizes, strict=True)) / sum(sizes)
        assert bits <= 3.0
