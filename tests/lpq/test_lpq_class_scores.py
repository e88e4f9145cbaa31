"""Networks that end in a softmax: objectives compare what it is taken of, and answers stay its own."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import around, subject_of

from lpasim.formats import LogPosit
from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.evaluator import Fitness, NetworkEvaluator
from lpasim.lpq.harm import INPUT, Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.rounding import Rounder

IMAGES = drawn(12, 8, seed=4)
WEIGHTS = {"u": drawn(8, 6), "v": 3 * drawn(6, 4)}
HEAD = (node("MatMul", "x u", "h"), node("Relu", "h", "r"), node("MatMul", "r v", "z"))
INPUT_FORMAT = {"x": LogPosit(4, 0, 3, 0.0)}


def network(*tail, output="y", opset=17, **weights):
    proto = model([*HEAD, *tail], {"x": ["N", 8]}, output, {**WEIGHTS, **weights})
    proto.opset_import[0].version = opset
    return onnx.shape_inference.infer_shapes(proto)


PLAIN = network(output="z")
SOFTMAX = network(node("Softmax", "z", "y", axis=-1))
SHAPE = {"four": np.array([-1, 4, 1, 1])}
ENDS = {
    "plain": (PLAIN, "z", False),
    "softmax": (SOFTMAX, "z", True),
    "default axis": (network(node("Softmax", "z", "y")), "z", True),
    "old": (network(node("Softmax", "z", "y"), opset=12), "z", True),
    "logarithm": (network(node("LogSoftmax", "z", "y")), "z", False),
    "reshaped": (
        network(
            node("Reshape", "z four", "m"),
            node("Softmax", "m", "p", axis=1),
            node("Identity", "p", "i"),
            node("Flatten", "i", "y"),
            **SHAPE,
        ),
        "m",
        True,
    ),
    "each alone": (
        network(node("Reshape", "z four", "m"), node("Softmax", "m", "p"), node("Flatten", "p", "y"), **SHAPE),
        "y",
        False,
    ),
    "over images": (network(node("Softmax", "z", "y", axis=0)), "y", False),
    "not the last": (network(node("Softmax", "z", "p"), node("Sigmoid", "p", "y")), "y", False),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_is_compared_is_what_the_softmax_is_taken_of(end):
    proto, compared, probabilities = ENDS[end]
    subject = subject_of(proto)
    assert (subject.output, subject.probabilities) == (compared, probabilities)
    assert subject.result == proto.graph.output[0].name


@pytest.mark.parametrize("objective", ["global-contrastive", "kl", "mse"])
def test_candidates_score_as_without_the_softmax(objective):
    scores = []
    for proto in (PLAIN, SOFTMAX):
        subject = subject_of(proto)
        candidate = [around(layer.matrices, 4) for layer in subject.layers]
        with team(1) as members:
            evaluator = NetworkEvaluator(subject, IMAGES, Rounder({}), INPUT_FORMAT, 4.0, Fitness(objective), members)
            scores += evaluator.evaluate([candidate], len(IMAGES))
    assert scores[0] == scores[1] > 0


def test_the_harm_of_a_change_is_that_without_the_softmax():
    """Divergence of the answers as they are, a rounding of the probabilities included."""
    change = Change(INPUT, Quantized({}, INPUT_FORMAT))
    last = Change(2, Quantized({}, {"y": LogPosit(3, 0, 2, 0.0)}))
    with team(1) as members:
        plain = harm_of_each(subject_of(PLAIN), IMAGES, {"input": change}, members)
        ended = harm_of_each(subject_of(SOFTMAX), IMAGES, {"input": change, "last": last}, members)
    assert ended["input"] == pytest.approx(plain["input"], rel=1e-4)
    assert ended["last"] > 0


def test_probabilities_of_zero_do_no_infinite_harm():
    proto = network(node("Softmax", "z", "y"), v=2000 * WEIGHTS["v"])
    with team(1) as members:
        harm = harm_of_each(subject_of(proto), IMAGES, {"x": Change(INPUT, Quantized({}, INPUT_FORMAT))}, members)
    assert np.isfinite(harm["x"])


def test_answers_are_the_probabilities():
    subject = subject_of(SOFTMAX)
    with team(1) as members:
        found = answers(subject, IMAGES, Quantized(), members)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
