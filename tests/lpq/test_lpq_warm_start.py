"""Where the search starts: from the bits of another result, or at random."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lpq_graphs import drawn, model, node
from lpq_short import SHORT, found_for, short, tiny
from lpq_subjects import fashion, subject_of

from lpasim.errors import SearchError
from lpasim.lpq.plan import Plan
from lpasim.lpq.preparation import space_of
from lpasim.lpq.quantize import quantize
from lpasim.lpq.warm_start import warm_start


def test_a_warm_start_takes_the_bits_of_the_other_result(written):
    other = written("default").trace
    bits = {layer.name: layer.weight_format.n for layer in other.layers if layer.weights == "constant"}
    space = space_of(fashion(), short())
    candidate = warm_start(other)(space)
    assert {site.name: gene.n for site, gene in zip(space.sites, candidate, strict=True)} == bits
    assert candidate == tuple(space.fitted(site, bits[site.name]) for site in space.sites)
    outcome = found_for(warm=warm_start(other))
    assert outcome.weight_bits <= 4.2
    assert outcome.state.history[0].best_fitness >= outcome.state.best.fitness


def test_a_warm_start_of_another_network_goes_by_depth(written):
    other = written("default").trace
    bits = [layer.weight_format.n for layer in other.layers if layer.weights == "constant"]
    names = [f"l{index}" for index in range(len(bits))]
    nodes = [node("MatMul", f"{before} w{name}", name) for before, name in zip(["x", *names], names, strict=False)]
    weights = {f"w{name}": drawn(4, 4, seed=index) for index, name in enumerate(names)}
    space = space_of(subject_of(model(nodes, {"x": ["N", 4]}, names[-1], weights)), short())
    assert [gene.n for gene in warm_start(other)(space)] == bits


def test_a_warm_start_above_the_bound_is_brought_below_it(written):
    wide = found_for(weight_bits=3.0, warm=warm_start(written("default").trace))
    assert wide.weight_bits <= 3


def test_a_warm_start_needs_layers_with_weights(written):
    trace = written("default").trace
    none = trace.model_copy(update={"layers": [layer for layer in trace.layers if layer.weights != "constant"]})
    with pytest.raises(SearchError, match=r"^trace to start from must have a layer with constant weights, got none \("):
        warm_start(none)


def test_a_random_start_is_not_helped_by_closed_forms():
    """The first population of the plain genetic search; a trace to start from is another matter."""
    subject, images = tiny()
    plan = Plan(weight_bits=5.0, search=replace(SHORT, start="random", average_bits=5.0))
    at_random = quantize(subject, images, plan).state.history[0]
    assert at_random.best_fitness > found_for(subject, images, weight_bits=5.0).state.history[0].best_fitness
    warm = quantize(subject, images, plan, warm=lambda space: space.uniform(4)).state.history[0]
    assert warm.best_fitness < at_random.best_fitness
