"""Genes: drawn around the distribution, mutated one thing at a time, fitted; and candidates within a budget."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.errors import SearchError
from lpasim.formats import MAX_SCALE, Integer, LogPosit, parse_format
from lpasim.lpq.budget import Budget
from lpasim.lpq.genes import SPREAD, Site, Space
from lpasim.quantization.fit_formats import KINDS, fit_format
from lpasim.quantization.sample import Sample, draw


def site(name="a", weights=100, block=0, exponent=0, bits=None, seed=0):
    values = np.random.default_rng(seed).normal(size=300) * 2.0**exponent
    return Site(name, weights, draw(values, 1000), block, bits)


def shape_of(fmt):
    """Return the discrete parameters besides n."""
    return {f.name: getattr(fmt, f.name) for f in dataclasses.fields(fmt) if f.name not in {"n", "sf", "bias"}}


def scale_of(fmt):
    """Return log2 of what the values of the format at scale 1 are multiplied with."""
    return float(getattr(fmt, "bias", -getattr(fmt, "sf", 0.0)))


@settings(max_examples=120)
@given(
    st.sampled_from(KINDS),
    st.sets(st.integers(2, 8), min_size=1),
    st.sampled_from([-300, -255, -20, 0, 20, 255]),
    st.integers(0, 2**32),
)
def test_genes_stay_valid_under_mutation(kind, bits, exponent, seed):
    rng = np.random.default_rng(seed)
    place = site(exponent=exponent)
    space = Space(kind, tuple(sorted(bits)), [place])
    gene = space.random(place, rng)
    for _ in range(12):
        space.check((gene,), "test")
        assert parse_format(gene.spec) == gene
        if exponent == -300 and len(bits) > 1:  # its width cannot be fitted: out of reach of every scale
            break
        gene = space.mutated(gene, place, rng)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutation_changes_one_thing(kind):
    place = site()
    space = Space(kind, (2, 4, 5, 8), [place])
    seen = set()
    for seed in range(200):
        rng = np.random.default_rng(seed)
        before = space.random(place, rng)
        after = space.mutated(before, place, rng)
        if after.n != before.n:
            assert after == fit_format(kind, place.sample, after.n, "linear")
            assert abs((2, 4, 5, 8).index(after.n) - (2, 4, 5, 8).index(before.n)) == 1
            seen.add("width")
        elif shape_of(after) != shape_of(before):
            changes = [abs(shape_of(after)[key] - shape_of(before)[key]) for key in shape_of(before)]
            assert sorted(changes)[-1] == 1
            assert sum(changes) == 1
            assert scale_of(after) == scale_of(before)
            seen.add("discrete")
        else:
            assert scale_of(after) != scale_of(before)
            assert (scale_of(after) * (1 if kind == "adaptivfloat" else 256)).is_integer()
            assert abs(scale_of(after) - scale_of(before)) <= 1
            seen.add("scale")
    discrete = {"int": 0, "flint": 0, "uflint": 0}.get(kind, 1)
    assert seen == {"width"} | ({"discrete"} if discrete else set()) | (set() if kind == "posit" else {"scale"})


def test_a_scale_at_the_end_of_its_range_turns_back():
    place = site()
    space = Space("int", (8,), [place])
    for sign in (-1, 1):
        gene = Integer(8, sign * MAX_SCALE)
        for seed in range(20):
            moved = space.mutated(gene, place, np.random.default_rng(seed))
            assert 0 < abs(gene.sf) - abs(moved.sf) < 1


@pytest.mark.parametrize("exponent", [-20, 3])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "posit"])
def test_random_genes_centre_on_the_distribution(kind, exponent):
    place = site(exponent=exponent)
    space = Space(kind, tuple(range(2, 9)), [place])
    rng = np.random.default_rng(1)
    genes = [space.random(place, rng) for _ in range(900)]
    magnitudes = place.sample.magnitudes
    if kind == "lp":
        errors = [-gene.sf - np.log2(magnitudes).mean() for gene in genes]
    else:
        errors = [np.log2(gene.maxpos / magnitudes.max()) for gene in genes]
    assert abs(np.mean(errors)) < 0.15 * SPREAD
    assert np.std(errors) == pytest.approx(SPREAD, rel=0.15)
    counts = np.bincount([gene.n for gene in genes], minlength=9)[2:]
    assert counts.min() > 90
    if kind == "lp":
        assert {(g.es, g.rs) for g in genes if g.n == 4} == {(es, rs) for es in (0, 1) for rs in (2, 3)}


def test_the_centre_weighs_magnitudes_and_leaves_zeros_out():
    sample = Sample(np.array([0.0, 0.5, 4.0]), np.array([9.0, 3.0, 1.0]))
    assert Site("a", 13, sample, 0).centre == (3 * -1 + 2) / 4
    zeros = Site("a", 13, Sample(np.zeros(3), np.ones(3)), 0)
    assert (zeros.centre, zeros.top) == (0.0, 0.0)


def test_sites_restrict_their_widths():
    places = [site("a", bits=(8,)), site("b"), site("c", bits=(3, 6))]
    space = Space("lp", (2, 4), places)
    assert [gene.n for gene in space.uniform(4)] == [8, 4, 3]
    assert [gene.n for gene in space.uniform(5)] == [8, 4, 6]
    assert space.fitted(places[1], 4) is space.fitted(places[1], 4)
    assert space.neighbours(LogPosit(8, 1, 2), places[2]) == (6,)
    rng = np.random.default_rng(0)
    assert {space.random(places[0], rng).n for _ in range(20)} == {8}


def test_blocks_are_by_number():
    space = Space("lp", (8,), [site("a", block=3), site("b", block=1), site("c", block=3)])
    assert space.blocks == ((1,), (0, 2))


@pytest.mark.parametrize(
    ("kind", "bits", "sites", "words"),
    [
        ("float", (8,), [site()], "kind of format must be one of lp, int"),
        ("lp", (8,), [], "must have a layer with constant weights"),
        ("lp", (1, 8), [site()], r"ascending widths in 2..8, got \(1, 8\) \(layer a\)"),
        ("lp", (8,), [site(bits=(4, 2))], r"ascending widths in 2..8, got \(4, 2\)"),
        ("lp", (8,), [site(bits=())], r"ascending widths in 2..8, got \(\)"),
        ("lp", (8,), [site(weights=0)], "weights must be at least 1, got 0"),
        ("lp", (8,), [site(), site()], "unique, got 'a' twice"),
    ],
)
def test_impossible_spaces_are_refused(kind, bits, sites, words):
    with pytest.raises(SearchError, match=words):
        Space(kind, bits, sites)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 1000), st.sampled_from([None, (8,), (3, 5)])), min_size=1, max_size=6),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_repaired_candidates_are_within_the_budget_and_only_lowered(layers, part, seed):
    sites = [site(str(i), weights, bits=bits) for i, (weights, bits) in enumerate(layers)]
    space = Space("int", (2, 4, 8), sites)
    least = space.average_bits(space.uniform(2))
    budget = Budget(space, least + part * (8 - least))
    rng = np.random.default_rng(seed)
    before = tuple(space.random(place, rng) for place in sites)
    after = budget.repaired(before, rng)
    assert space.average_bits(after) <= budget.average_bits
    for place, old, new in zip(sites, before, after, strict=True):
        space.check(after, "test")
        assert new == old or (new.n < old.n and new == space.fitted(place, new.n))
    if budget.holds(before):
        assert after == before


def test_spared_layers_are_lowered_last():
    space = Space("int", (2, 4, 8), [site("a", 1000), site("b", 10), site("c", 10)])
    full = space.uniform(8)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        lowered = Budget(space, 7.95).repaired(full, rng, spared=[0])
        assert lowered[0].n == 8
        assert Budget(space, 5.0).repaired(full, rng, spared=[0])[0].n == 4


def test_a_layer_of_many_bits_is_lowered_before_one_of_few():
    """From (8, 4) a step to 4 saves 4 bits at 2^-4, one to 2 saves 2 at 2^-2: chances 64 to 8."""
    space = Space("int", (2, 4, 8), [site("a", 10), site("b", 10)])
    mixed = (space.fitted(space.sites[0], 8), space.fitted(space.sites[1], 4))
    budget = Budget(space, 5.5)
    outcomes = [tuple(g.n for g in budget.repaired(mixed, np.random.default_rng(seed))) for seed in range(400)]
    assert outcomes.count((4, 4)) / 400 == pytest.approx(64 / 72, abs=0.05)


def test_budgets_that_nothing_meets_are_refused():
    space = Space("int", (4, 8), [site("a", 30), site("b", 10, bits=(8,))])
    assert Budget(space, 5.0).repaired(space.uniform(8), np.random.default_rng(0))[0].n == 4
    for bound in (4.9, float("nan")):
        with pytest.raises(
            SearchError, match=f"must be at least 5, which the smallest allowed widths have, got {bound}"
        ):
            Budget(space, bound)
