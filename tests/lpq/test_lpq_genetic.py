"""The genetic search, on fitness functions whose optimum is known."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.errors import OutputError, SearchError
from lpasim.formats import LogPosit, Posit
from lpasim.lpq.breeding import Breeder
from lpasim.lpq.evaluation import Ledger, key
from lpasim.lpq.genes import Site, Space
from lpasim.lpq.genetic import evolve
from lpasim.lpq.settings import GeneticSettings
from lpasim.lpq.state import Entry, Scored, State
from lpasim.quantization.sample import draw

BLOCKS = (0, 0, 1, 2, 2, 2)


def space_of(kind="lp", bits=(2, 4, 8), blocks=BLOCKS):
    rng = np.random.default_rng(0)
    sites = [
        Site(f"layer{i}", 100 * (i + 1), draw(rng.laplace(size=200) * 2.0**-i, 1000), block)
        for i, block in enumerate(blocks)
    ]
    return Space(kind, bits, sites)


class Distance:
    """Fitness is the distance from a target, in every parameter, with an error that falls with the images."""

    def __init__(self, target, noise=0.0):
        self.target, self.noise, self.calls = target, noise, []

    def evaluate(self, candidates, images):
        self.calls += [(candidate, images) for candidate in candidates]
        return [self._score(candidate, images) for candidate in candidates]

    def _score(self, candidate, images):
        total = 0.01
        for gene, goal in zip(candidate, self.target, strict=True):
            names = [name for name in ("n", "es", "rs", "sf") if hasattr(gene, name)]
            total += sum(abs(getattr(gene, name) - getattr(goal, name)) for name in names)
        seed = int(key(candidate)[:8], 16)
        return total + self.noise / images * np.random.default_rng([seed, images]).random()


LP_TARGET = tuple(LogPosit(n, 1 if n > 2 else 0, 1 if n == 2 else 2, i + 0.5) for i, n in enumerate((8, 4, 4, 2, 8, 4)))
POSIT_TARGET = tuple(Posit(n, es) for n, es in ((8, 0), (2, 3), (4, 5), (4, 1), (8, 2), (2, 4)))
SMALL = {"population": 6, "passes": 3, "newcomers": 2, "images": 32}
VARIANTS = {
    "plain": GeneticSettings(**SMALL, screening=0, start="random"),
    "fitted": GeneticSettings(**SMALL, screening=0),
    "screened": GeneticSettings(**SMALL, screening=4),
    "bounded": GeneticSettings(**SMALL, screening=4, average_bits=4.5),
}


@pytest.mark.parametrize("start", ["random", "fitted"])
@pytest.mark.parametrize("screening", [0, 4])
def test_the_optimum_is_found(start, screening):
    """From fitted formats one that is close to them, from random ones any."""
    space, target = space_of("posit"), POSIT_TARGET
    if start == "fitted":
        fitted = [space.fitted(site, n) for site, n in zip(space.sites, (8, 2, 4, 4, 8, 2), strict=True)]
        target = tuple(Posit(gene.n, gene.es + (1 if gene.es < 5 else -1)) for gene in fitted)
    search = GeneticSettings(passes=60, images=8, start=start, screening=screening)
    found = evolve(space, search, Distance(target))
    assert found.history[0].best_fitness > 2
    assert found.best == Scored(target, 0.01)


def test_the_optimum_of_log_posits_is_approached():
    search = GeneticSettings(passes=120, newcomers=3, images=8, screening=0, start="random")
    found = evolve(space_of(), search, Distance(LP_TARGET))
    assert [(g.n, g.es, g.rs) for g in found.best.candidate] == [(g.n, g.es, g.rs) for g in LP_TARGET]
    assert found.best.fitness < 1
    assert found.best.fitness < found.history[0].best_fitness / 20


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_interrupted_search_goes_on_to_the_same_end(variant):
    space, search, saved, told = space_of(), VARIANTS[variant], [], []
    whole = evolve(space, search, Distance(LP_TARGET, 1.0), save=saved.append, progress=lambda *at: told.append(at))
    assert [state.generation for state in saved] == list(range(3 * 3 + 1))
    assert told == [(state, 9) for state in saved]
    assert saved[-1] is whole
    for state in saved:
        evaluator = Distance(LP_TARGET, 1.0)
        read = State.from_json(state.to_json(), "state")
        assert read == state
        rest = evolve(space, search, evaluator, read)
        assert rest == whole
        assert rest.to_json() == whole.to_json()
        assert sum(images for _, images in evaluator.calls) == whole.images_evaluated - state.images_evaluated


def test_more_passes_go_on_where_fewer_ended():
    longer = GeneticSettings(**{**SMALL, "passes": 5}, screening=8)
    short = evolve(space_of(), VARIANTS["screened"], Distance(LP_TARGET))
    more = GeneticSettings(**{**SMALL, "passes": 5}, screening=4)
    assert evolve(space_of(), more, Distance(LP_TARGET), short) == evolve(space_of(), more, Distance(LP_TARGET))
    none = Distance(LP_TARGET)
    assert evolve(space_of(), VARIANTS["screened"], none, short) is short
    assert not none.calls
    with pytest.raises(SearchError, match=r"another search's \(here\)$"):
        evolve(space_of(), longer, Distance(LP_TARGET), short, where="here")
    with pytest.raises(SearchError, match=r"^generations of the search state must be at most 3, as --passes is 1, got"):
        evolve(space_of(), GeneticSettings(**{**SMALL, "passes": 1}, screening=4), none, short, where="here")


def test_the_seed_alone_decides():
    by_seed = {
        seed: evolve(space_of(), GeneticSettings(**SMALL, seed=seed), Distance(LP_TARGET)).to_json()
        for seed in (0, 1, 2)
    }
    assert len(set(by_seed.values())) == 3
    assert by_seed[1] == evolve(space_of(), GeneticSettings(**SMALL, seed=1), Distance(LP_TARGET)).to_json()


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_evaluated_twice_and_costs_are_counted(variant):
    evaluator, space = Distance(LP_TARGET, 1.0), space_of()
    state = evolve(space, VARIANTS[variant], evaluator)
    assert len(set(evaluator.calls)) == len(evaluator.calls)
    assert state.images_evaluated == sum(images for _, images in evaluator.calls)
    assert [entry.generation for entry in state.history] == list(range(10))
    best = [entry.best_fitness for entry in state.history]
    assert best == sorted(best, reverse=True)
    assert best[-1] == state.best.fitness == min(one.fitness for one in state.population)
    fitnesses = [one.fitness for one in state.population]
    assert fitnesses == sorted(fitnesses)
    assert len(fitnesses) == 6
    for candidate, _ in evaluator.calls:
        space.check(candidate, "test")
        if VARIANTS[variant].average_bits:
            assert space.average_bits(candidate) <= 4.5


def test_children_differ_from_the_fittest_in_one_block():
    space, saved = space_of(), []
    evaluator = Distance(LP_TARGET)
    marks = []
    evolve(
        space,
        VARIANTS["plain"],
        evaluator,
        save=lambda state: (saved.append(state), marks.append(len(evaluator.calls))),
    )
    for generation in range(1, 10):
        fittest = saved[generation - 1].best.candidate
        block = space.blocks[(generation - 1) % 3]
        children = [candidate for candidate, _ in evaluator.calls[marks[generation - 1] : marks[generation]]]
        assert 1 <= len(children) <= 3
        for child in children:
            changed = {i for i, (a, b) in enumerate(zip(child, fittest, strict=True)) if a != b}
            assert changed <= set(block)
        joined = [one.candidate for one in saved[generation].population if one not in saved[generation - 1].population]
        assert len(joined) <= 2


def test_screening_saves_evaluations():
    """Where few images rank candidates as all do, the curve over generations is the same, at half the cost."""
    many = {"passes": 20, "newcomers": 3, "images": 32}
    plain = evolve(space_of(), GeneticSettings(**many, screening=0), Distance(LP_TARGET))
    screened = evolve(space_of(), GeneticSettings(**many, screening=4), Distance(LP_TARGET))
    assert [entry.best_fitness for entry in screened.history] == [entry.best_fitness for entry in plain.history]
    assert screened.images_evaluated < 0.5 * plain.images_evaluated


def test_screening_asks_for_a_rank_in_the_population():
    """With keep = 0 a child must match the best on few images; the strictest bar lets the fewest pass."""

    def passed(keep):
        evaluator = Distance(LP_TARGET)
        evolve(space_of(), GeneticSettings(**SMALL, screening=4, keep=keep), evaluator)
        return sum(images == 32 for _, images in evaluator.calls)

    counts = [passed(keep) for keep in (0.0, 0.5, 1.0)]
    assert 6 < counts[0] < counts[1] < counts[2]


def test_given_candidates_begin_the_search():
    space, saved = space_of(), []
    found = evolve(space, VARIANTS["plain"], Distance(LP_TARGET), save=saved.append, given=[LP_TARGET])
    assert saved[0].best.candidate == LP_TARGET
    assert found.best == Scored(LP_TARGET, 0.01)
    bounded = evolve(space, VARIANTS["bounded"], Distance(LP_TARGET), given=[space.uniform(8)])
    assert space.average_bits(bounded.best.candidate) <= 4.5
    with pytest.raises(SearchError, match=r"one for each of 6 layers, got 1 \(start of a search\)"):
        evolve(space, VARIANTS["plain"], Distance(LP_TARGET), given=[LP_TARGET[:1]])
    with pytest.raises(SearchError, match="format of layer layer0 must be lp of 2/4/8 bits, got Posit<8,0>"):
        evolve(space, VARIANTS["plain"], Distance(LP_TARGET), given=[POSIT_TARGET])


def test_a_fitted_start_holds_each_width_and_then_mutations():
    space = space_of()
    first = Breeder.of(space, GeneticSettings(population=9)).first((), np.random.default_rng(0))
    assert first[:3] == [space.uniform(n) for n in (8, 4, 2)]
    assert len(set(first)) == 9
    for candidate in first[3:]:
        differences = [sum(a != b for a, b in zip(candidate, base, strict=True)) for base in first[:3]]
        assert 1 <= min(differences) < 6


def test_a_space_of_few_candidates_is_enough():
    space = space_of("posit", (8,), (0,))
    found = evolve(space, GeneticSettings(passes=20, images=4, screening=0), Distance((Posit(8, 5),)))
    assert found.best.candidate == (Posit(8, 5),)
    assert len(found.population) <= 6


def test_scores_that_are_not_finite_are_the_worst():
    class Broken(Distance):
        def _score(self, candidate, images):
            bad = {0: math.nan, 1: math.inf, 2: -math.inf}.get(int(key(candidate)[0], 16) % 6)
            return super()._score(candidate, images) if bad is None else bad

    saved = []
    found = evolve(space_of(), VARIANTS["plain"], Broken(LP_TARGET), save=saved.append)
    assert math.isfinite(found.best.fitness)
    assert any(one.fitness == math.inf for one in saved[0].population)
    assert all(State.from_json(state.to_json(), "state") == state for state in saved)


def test_the_ledger_asks_once_in_order():
    evaluator = Distance(POSIT_TARGET)
    ledger = Ledger(evaluator, {8: {key(POSIT_TARGET): 7.0}}, 100)
    other = (*POSIT_TARGET[:5], Posit(4, 4))
    assert ledger.score([other, POSIT_TARGET, other], 8) == [2.01, 7.0, 2.01]
    assert evaluator.calls == [(other, 8)]
    assert ledger.images_evaluated == 108
    assert ledger.score([POSIT_TARGET], 4) == [0.01]
    assert (ledger.is_new(other), ledger.is_new(POSIT_TARGET[::-1])) == (False, True)


@pytest.mark.parametrize("change", ["kind", "bits", "site", "weights", "seed", "subject", "given"])
def test_the_state_of_another_search_is_refused(change):
    search = GeneticSettings(**{**SMALL, "passes": 1})
    state = evolve(space_of(), search, Distance(LP_TARGET), subject="network")
    space, given_, subject = space_of(), [], "network"
    if change == "kind":
        space = space_of("int")
    elif change == "bits":
        space = space_of(bits=(2, 3, 4, 8))
    elif change == "site":
        space = space_of(blocks=(0, 1, 1, 2, 2, 2))
    elif change == "weights":
        space.sites[0].sample.magnitudes[3] *= 1.5
    elif change == "seed":
        search = GeneticSettings(**{**SMALL, "passes": 1}, seed=1)
    elif change == "subject":
        subject = "other network"
    else:
        given_ = [LP_TARGET]
    with pytest.raises(SearchError, match="must be of the same network, images, formats and settings"):
        evolve(space, search, Distance(LP_TARGET), state, given=given_, subject=subject)


@settings(max_examples=30)
@given(st.lists(st.floats(0), min_size=1, max_size=4), st.floats(-256, 256), st.integers(0, 10**15))
def test_states_are_read_back_exactly(fitnesses, sf, images):
    population = tuple(Scored((LogPosit(8, 2, 3, sf), LogPosit(2, 0, 1, -sf)), fitness) for fitness in fitnesses)
    scores = {4: {}, 32: {str(i): fitness for i, fitness in enumerate(fitnesses)}}
    state = State("digest", 0, population, (Entry(0, images, fitnesses[0]),), scores)
    assert State.from_json(state.to_json(), "state") == state


def test_files_of_states(tmp_path):
    state = evolve(space_of(), VARIANTS["fitted"], Distance(LP_TARGET))
    path = tmp_path / "search.json"
    state.write(path)
    assert State.read(path) == state
    with pytest.raises(OutputError, match="search state must be written to a writable place"):
        state.write(tmp_path / "none" / "search.json")
    with pytest.raises(SearchError, match="search state must be an existing file"):
        State.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "lpasim-trace"}, "schema must be 'lpasim-search', got 'lpasim-trace'"),
        ({"version": 2}, "version must be 1, got 2"),
        ({"generation": "3"}, "generation must be a valid integer"),
        ({"population": []}, "population and an entry of history for each generation, got 0 and 1"),
        ({"history": []}, "population and an entry of history for each generation, got 1 and 0"),
        ({"population": [{"fitness": 1.0, "formats": ["lp9,9,9"]}]}, "es must be an integer in 0..5, got 9"),
        ({"other": 1}, "other must be a key of the schema"),
    ],
)
def test_bad_states_are_refused(changes, words):
    state = State("digest", 0, (Scored((Posit(8),), 1.0),), (Entry(0, 8, 1.0),), {8: {"a": 1.0}})
    text = json.dumps({**json.loads(state.to_json()), **changes})
    with pytest.raises(SearchError, match=rf"{words}.*\(file\)$"):
        State.from_json(text, "file")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"population": 1}, "population must be at least 2, got 1"),
        ({"images": 1}, "images must be at least 2, got 1"),
        ({"passes": -1}, "passes must be at least 0"),
        ({"newcomers": -1}, "newcomers must be at least 0"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"screening": 1}, "screening must be 0, or at least 2 and fewer than all 64 images, got 1"),
        ({"screening": 64}, "screening must be 0, or at least 2 and fewer than all 64 images, got 64"),
        ({"keep": 1.5}, "keep must be in 0..1, got 1.5"),
        ({"mutation": math.nan}, "mutation must be in 0..1, got nan"),
        ({"start": "best"}, "start must be one of fitted, random, got 'best'"),
    ],
)
def test_settings_out_of_range_are_refused(changes, words):
    with pytest.raises(SearchError, match=words):
        GeneticSettings(**changes)
