"""Scores of candidates: what they are made of, and that nothing that is kept or shared out changes them."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import all_nearest, around, fashion, pictures, seen_tensors, subject_of

from lpasim.formats import LogPosit
from lpasim.lpq import evaluator as module
from lpasim.lpq.crowd import team
from lpasim.lpq.evaluator import Fitness, NetworkEvaluator
from lpasim.lpq.objective import Reference
from lpasim.lpq.pooling import pooled
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.rounding import Rounder

ACTIVATIONS = {"images": LogPosit(6, 1, 3, 0.0), "first.relu": LogPosit(5, 1, 3, 0.5)}
CRITERIA = (
    Fitness(),
    Fitness("global-local-contrastive", "moments", 0.2, 0.5),
    Fitness("global-contrastive", "mean", None, 2.0),
    Fitness("kl"),
    Fitness("mse", lam=0.0),
)


def candidate(subject, changes=()):
    """Return a candidate with 5 bits everywhere, but 4 in the layers of these numbers."""
    return tuple(around(layer.matrices, 4 if i in changes else 5) for i, layer in enumerate(subject.layers))


def evaluator_of(subject, images, members, criterion=CRITERIA[0], activations=ACTIVATIONS):
    return NetworkEvaluator(subject, images, Rounder({}), activations, 5.5, criterion, members)


def by_hand(subject, images, chosen, criterion, activations=ACTIVATIONS):
    formats = {layer.name: gene for layer, gene in zip(subject.layers, chosen, strict=True)}
    runs = (Quantized(), Quantized(all_nearest(subject, formats), activations))
    found = []
    for seen in (seen_tensors(subject, images, run) for run in runs):
        made = [pooled(seen[name], criterion.pooling) for name in subject.representations]
        found.append((made, seen[subject.output]))
    contrast = Reference(criterion.objective, *found[0], criterion.temperature).score(*found[1])
    bits = sum(gene.n * layer.count for layer, gene in zip(subject.layers, chosen, strict=True))
    average = bits / sum(layer.count for layer in subject.layers)
    return contrast * ((average + 5.5) / 16) ** criterion.lam


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda found: f"{found.objective}, {found.pooling}")
def test_the_score_is_the_objective_times_compression(criterion):
    subject, images = fashion(), pictures(12)
    with team(2) as members:
        (score,) = evaluator_of(subject, images, members, criterion).evaluate([candidate(subject)], 12)
    assert score == pytest.approx(by_hand(subject, images, candidate(subject), criterion), rel=1e-6)


def test_few_images_are_the_first_ones():
    subject, images = fashion(), pictures(20)
    with team(2) as members:
        scores = evaluator_of(subject, images, members)
        found = {count: scores.evaluate([candidate(subject)], count)[0] for count in (18, 5)}
    for count, score in found.items():
        expected = by_hand(subject, images[:count], candidate(subject), Fitness())
        assert score == pytest.approx(expected, rel=1e-6)


def some(subject):
    """Return candidates that share beginnings of all lengths, some twice."""
    last = len(subject.layers) - 1
    return [candidate(subject, changes) for changes in ((), (last,), (4,), (4, last), (0,), (), (2, last))]


def test_nothing_changes_without_a_cache_or_with_other_threads(monkeypatch):
    subject, images = fashion(), pictures(20)
    found = []
    for size, threads in ((module.CACHE_BYTES, 1), (module.CACHE_BYTES, 3), (0, 2), (300_000, 1)):
        monkeypatch.setattr(module, "CACHE_BYTES", size)
        with team(threads) as members:
            evaluator = evaluator_of(subject, images, members)
            at_once = evaluator.evaluate(some(subject), 20)
            one_by_one = [evaluator.evaluate([one], 20)[0] for one in reversed(some(subject))][::-1]
        found += [at_once, one_by_one]
    assert all(scores == found[0] for scores in found)
    assert found[0][0] == found[0][5]
    assert len(set(found[0])) == 6


def test_only_what_differs_is_run_again(monkeypatch):
    subject, images = fashion(), pictures(16)
    last = candidate(subject, (len(subject.layers) - 1,))
    with team(1) as members:
        evaluator = evaluator_of(subject, images, members)
        shares = [evaluator.run_share]
        for one in (candidate(subject), last, candidate(subject, (0,))):
            evaluator.evaluate([one], 16)
            shares.append(evaluator.run_share)
        monkeypatch.setattr(module, "CACHE_BYTES", 0)
        fresh = evaluator_of(subject, images, members)
        fresh.evaluate([candidate(subject), last], 16)
    first, again, other = np.diff(shares)
    assert shares[0] == 0
    assert [first, other] == pytest.approx([16, 16])
    products = {layer.name: layer.product for layer in subject.graph.layers if layer.product is not None}
    macs = {name: product.count * product.m * product.k * product.n for name, product in products.items()}
    behind = sum(macs[name] for name in subject.blocks.blocks[-1].weighted)
    assert again == pytest.approx(16 * behind / sum(macs.values()))
    assert 0 < again < 16
    assert fresh.run_share == pytest.approx(32)


def test_the_cache_stays_within_its_bytes(monkeypatch):
    subject, images = fashion(), pictures(16)
    monkeypatch.setattr(module, "CACHE_BYTES", 900_000)
    with team(2) as members:
        evaluator = evaluator_of(subject, images, members)
        evaluator.evaluate(some(subject), 16)
    kept = [sum(values.nbytes for values in reached.tensors.values()) for reached in evaluator._cache.values()]
    assert 0 < sum(kept) == evaluator._cached <= 900_000


@pytest.mark.parametrize("early", [True, False])
def test_results_that_are_made_early_outlive_a_fresh_start(early):
    """A network with two results, of which one is made in the first block."""
    names = ("a", "b", "c", "d")
    nodes = [
        node("MatMul", "x a", "h"),
        node("MatMul", "h b", "i"),
        node("MatMul", "i c", "j"),
        node("MatMul", "j d", "y"),
    ]
    proto = model(
        [*nodes[:2], node("Relu", "i", "side"), *nodes[2:]],
        {"x": ["N", 6]},
        "y",
        {name: drawn(6, 6, seed=ord(name)) for name in names},
    )
    side = type(proto.graph.output[0])()
    side.CopyFrom(proto.graph.output[0])
    side.name = "side"
    proto.graph.output.insert(0 if early else 1, side)
    subject = subject_of(proto)
    assert subject.output == ("side" if early else "y")
    assert len(subject.blocks.blocks) == 2
    images, criterion = drawn(6, 6, seed=9), Fitness("mse")
    with team(1) as members:
        evaluator = evaluator_of(subject, images, members, criterion, {})
        scores = [evaluator.evaluate([candidate(subject, changes)], 6)[0] for changes in ((), (3,), (0,))]
        assert evaluator.run_share < 18
    expected = [by_hand(subject, images, candidate(subject, changes), criterion, {}) for changes in ((), (3,), (0,))]
    assert scores == pytest.approx(expected, rel=1e-5)
