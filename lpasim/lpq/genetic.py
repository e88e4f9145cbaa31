"""The genetic search for the formats of all layers: LPQ's steps over an abstract evaluator.

References
----------
A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for Efficient
DNN Inference", DAC 2024, arXiv 2403.05465v2: the two fittest are parents, they are crossed and mutated inside one block
of layers, the child is mated with random newcomers, and it and the best of its diverse children join the population.
The fitted start, the screening on few images and the budget of bits are additions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from math import ceil

import numpy as np

from lpasim.errors import SearchError
from lpasim.lpq.breeding import Breeder
from lpasim.lpq.evaluation import Evaluator, Ledger
from lpasim.lpq.genes import Candidate, Space
from lpasim.lpq.settings import GeneticSettings
from lpasim.lpq.state import Entry, Scored, State


def evolve(
    space: Space,
    settings: GeneticSettings,
    evaluator: Evaluator,
    state: State | None = None,
    save: Callable[[State], None] | None = None,
    progress: Callable[[State, int], None] | None = None,
    *,
    given: Sequence[Candidate] = (),
    subject: str = "",
    where: str = "search",
) -> State:
    """Search for the candidate of least fitness.

    Every generation draws from a generator of its own, seeded by the seed and the generation's number, so that a search
    that goes on from a state gives what one without interruption gives.

    Parameters
    ----------
    space : Space
        All candidates.
    settings : GeneticSettings
        How to search.
    evaluator : Evaluator
        Gives the fitness.
    state : State, optional
        Where to go on from. The number of passes alone may be another one than that of the search that it is from.
    save : callable, optional
        Is called with the state after every generation.
    progress : callable, optional
        Is called after `save` with the state and the number of the last generation.
    given : sequence of Candidate
        Candidates that begin the first population; those above the budget are brought below it.
    subject : str
        What else the fitness depends on, such as checksums of network and images: part of the state's identity.
    where : str
        Where the state is from, for messages.

    Returns
    -------
    State
        The last state; `best` is the result.

    Raises
    ------
    SearchError
        If a given candidate is none of the space, no candidate is within the budget, or the state is another search's
        or further than this one goes.
    """
    search = digest(space, settings, given, subject)
    last = settings.generations(space)
    if state is not None:
        check_subject(state, subject, where)
        if state.search != search:
            raise _of_another_search(where)
        check_length(state, settings, space, where)
    for candidate in given if state is None else [one.candidate for one in state.population]:
        space.check(candidate, "start of a search")
    breeder = Breeder.of(space, settings)
    while state is None or state.generation < last:
        state = _begun(search, breeder, evaluator, given) if state is None else _advanced(state, breeder, evaluator)
        if save:
            save(state)
        if progress:
            progress(state, last)
    return state


def digest(space: Space, settings: GeneticSettings, given: Sequence[Candidate], subject: str) -> str:
    """Return a text that two searches share if they take the same steps, for as many passes as both have."""
    sites = [
        (
            site.name,
            site.weights,
            site.block,
            space.allowed(site),
            sha256(site.sample.magnitudes.tobytes() + site.sample.weights.tobytes()).hexdigest(),
        )
        for site in space.sites
    ]
    steps = {name: value for name, value in asdict(settings).items() if name != "passes"}
    starts = [[gene.spec for gene in candidate] for candidate in given]
    taken = sha256(json.dumps([space.kind, sites, steps, starts]).encode()).hexdigest()
    return f"{_about(subject)}-{taken}"


def check_subject(state: State, subject: str, where: str) -> None:
    """Refuse a state whose subject is another one, which can be told before anything is measured; see `evolve`.

    Raises
    ------
    SearchError
        If it is.
    """
    if state.search.partition("-")[0] != _about(subject):
        raise _of_another_search(where)


def check_length(state: State, settings: GeneticSettings, space: Space, where: str) -> None:
    """Refuse a state that is further than a search goes; see `evolve`.

    Raises
    ------
    SearchError
        If it is.
    """
    last = settings.generations(space)
    if state.generation > last:
        rule = f"generations of the search state must be at most {last}, as --passes is {settings.passes}"
        raise SearchError(f"{rule}, got {state.generation} ({where})")


def _about(subject: str) -> str:
    return sha256(subject.encode()).hexdigest()


def _of_another_search(where: str) -> SearchError:
    rule = "search state must be of the same network, images, formats and settings"
    return SearchError(f"{rule}, got another search's ({where})")


def _begun(search: str, breeder: Breeder, evaluator: Evaluator, given: Sequence[Candidate]) -> State:
    """Evaluate the first population."""
    candidates = breeder.first(given, np.random.default_rng([breeder.settings.seed, 0]))
    ledger = Ledger(evaluator, {}, 0)
    return _joined(State(search, -1, (), (), {}), candidates, breeder.settings, ledger)


def _advanced(state: State, breeder: Breeder, evaluator: Evaluator) -> State:
    """Make, screen and evaluate the children of one generation."""
    space, settings = breeder.space, breeder.settings
    rng = np.random.default_rng([settings.seed, state.generation + 1])
    block = space.blocks[state.generation % len(space.blocks)]
    ledger = Ledger(evaluator, state.scores, state.images_evaluated)
    fittest = [one.candidate for one in state.population[:2]]
    child = breeder.child((fittest[0], fittest[-1]), block, ledger.is_new, rng)
    diverse = breeder.diverse(child, block, rng)
    if settings.screening:
        joining = _screened(state, child, diverse, settings, ledger)
    else:
        ledger.score([child, *diverse], settings.images)  # together, so that they can be evaluated in parallel
        joining = [child, *_best(diverse, ledger, settings.images)]
    return _joined(state, joining, settings, ledger)


def _screened(
    state: State, child: Candidate, diverse: Sequence[Candidate], settings: GeneticSettings, ledger: Ledger
) -> list[Candidate]:
    """Return those of the child and the best of its diverse children that do well enough on few images."""
    screening = settings.screening
    there = [one.candidate for one in state.population]
    ledger.score([*there, child, *diverse], screening)
    ranked = sorted(ledger.score(there, screening))
    bar = ranked[max(ceil(settings.keep * len(ranked)) - 1, 0)]
    finalists = [child, *_best(diverse, ledger, screening)]
    scores = ledger.score(finalists, screening)
    return [candidate for candidate, score in zip(finalists, scores, strict=True) if score <= bar]


def _best(candidates: Sequence[Candidate], ledger: Ledger, images: int) -> list[Candidate]:
    """Return the fittest of some candidates, the first among equals; nothing where there is none."""
    if not candidates:
        return []
    scores = ledger.score(candidates, images)
    return [candidates[scores.index(min(scores))]]


def _joined(state: State, joining: Sequence[Candidate], settings: GeneticSettings, ledger: Ledger) -> State:
    """Return the next state: candidates join the population, and the worst drop out."""
    there = {one.candidate for one in state.population}
    new = [candidate for candidate in dict.fromkeys(joining) if candidate not in there]
    scored = [
        Scored(candidate, score) for candidate, score in zip(new, ledger.score(new, settings.images), strict=True)
    ]
    population = sorted([*state.population, *scored], key=lambda one: one.fitness)[: settings.population]
    entry = Entry(state.generation + 1, ledger.images_evaluated, population[0].fitness)
    return State(state.search, entry.generation, tuple(population), (*state.history, entry), ledger.scores)
