"""Weights of tokens: on networks whose answers are known to read one token, or all of them alike."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import fashion, pictures, subject_of

from lpasim.lpq.crowd import team
from lpasim.lpq.tokens import TokenWeights, _combined, token_weights

TOKENS, CHANNELS = 5, 8


def network(read):
    """Make two residual perceptrons on tokens, whose answers are read off by `read`: nodes from `last` to `seen`."""
    nodes, weights, tensor = [], {"out": drawn(CHANNELS, 5, seed=9), "first": np.array(0, np.int64)}, "x"
    for name in ("a", "b"):
        weights |= {
            f"{name}.up": drawn(CHANNELS, 2 * CHANNELS, seed=1),
            f"{name}.down": drawn(2 * CHANNELS, CHANNELS, seed=2),
        }
        nodes += [
            node("MatMul", f"{tensor} {name}.up", f"{name}.hidden"),
            node("Relu", f"{name}.hidden", f"{name}.relu"),
            node("MatMul", f"{name}.relu {name}.down", f"{name}.change"),
            node("Add", f"{tensor} {name}.change", f"{name}.sum"),
        ]
        tensor = f"{name}.sum"
    nodes += [*read(tensor), node("MatMul", "seen out", "logits"), node("Mul", "logits scale", "y")]
    weights["share"] = np.array([1 / TOKENS], np.float32)
    weights["scale"] = np.array([0.02], np.float32)  # small: so that divergence is quadratic in the noise
    return model(nodes, {"x": ["N", TOKENS, CHANNELS]}, "y", weights)


def class_token(tensor):
    return [node("Gather", f"{tensor} first", "seen", axis=1)]


def average(tensor):
    return [node("ReduceMean", tensor, "seen", axes=[1], keepdims=0)]


def twice_the_first(tensor):
    """Add the first token's share of an average once more."""
    return [
        node("ReduceMean", tensor, "mean", axes=[1], keepdims=0),
        node("Gather", f"{tensor} first", "one", axis=1),
        node("Mul", "one share", "more"),
        node("Add", "mean more", "seen"),
    ]


def nothing(tensor):
    return [node("ReduceMean", tensor, "mean", axes=[1], keepdims=0), node("Sub", "mean mean", "seen")]


def measured(read, count=240):
    subject = subject_of(network(read))
    with team(2) as members:
        return subject, token_weights(subject, drawn(count, TOKENS, CHANNELS, seed=3), members)


def test_a_class_token_counts_as_much_as_all_tokens_at_most():
    subject, found = measured(class_token)
    assert [(first, tokens) for first, tokens, _ in found.ratios] == [
        (block.first, TOKENS) for block in subject.blocks.blocks if block.tensor in ("x", "a.sum")
    ]
    assert len(found.ratios) == 2
    assert {ratio for _, _, ratio in found.ratios} == {float(TOKENS)}


def test_tokens_that_are_averaged_count_alike():
    _, found = measured(average)
    assert len(found.ratios) == 2
    assert all(1 <= ratio < 1.35 for _, _, ratio in found.ratios)


def test_a_first_token_with_twice_the_share_does_four_times_the_harm():
    _, found = measured(twice_the_first)
    assert len(found.ratios) == 2
    assert all(3 < ratio < 5.3 for _, _, ratio in found.ratios)


def test_tokens_without_a_say_count_alike():
    _, found = measured(nothing)
    assert {ratio for _, _, ratio in found.ratios} == {1.0}


def test_harm_of_all_parts_is_compared_a_token():
    found = _combined([{(0, 5): (2.0, 3.0), (7, 3): (1.0, 9.0)}, {(0, 5): (4.0, 5.0), (7, 3): (1.0, 9.0)}])
    assert found == TokenWeights(((0, 5, 3.0), (7, 3, 1.0)))


def test_the_number_of_threads_changes_nothing():
    subject, images = subject_of(network(average)), drawn(40, TOKENS, CHANNELS, seed=3)
    found = []
    for threads in (1, 3):
        with team(threads) as members:
            found.append(token_weights(subject, images, members))
    assert found[0] == found[1]


def test_images_have_no_tokens():
    with team(1) as members:
        assert token_weights(fashion(), pictures(4), members) == TokenWeights(())


def test_weights_apply_from_the_block_on_and_to_as_many_positions():
    weights = TokenWeights(((0, 5, 1.0), (4, 5, 4.0), (9, 3, 3.0)))
    assert np.array_equal(weights.at(3, 5), np.ones(5))
    assert weights.at(4, 5) == pytest.approx(np.array([4, 1, 1, 1, 1]) * 5 / 8)
    assert np.array_equal(weights.at(8, 5), weights.at(4, 5))
    assert np.array_equal(weights.at(9, 5), np.ones(5))
    assert weights.at(12, 3) == pytest.approx(np.array([3, 1, 1]) * 3 / 5)
    assert np.array_equal(TokenWeights(()).at(2, 4), np.ones(4))
    assert np.array_equal(TokenWeights(((0, 1, 1.0),)).at(0, 1), np.ones(1))
