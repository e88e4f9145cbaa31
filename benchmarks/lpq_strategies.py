"""Ways to search, and running a search such that what each evaluation costs is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lpq_networks import AtHand
from search_curves import PLAIN, Point

from lpasim.lpq import evaluator as evaluation
from lpasim.lpq.crowd import Team
from lpasim.lpq.evaluator import NetworkEvaluator
from lpasim.lpq.genes import Candidate
from lpasim.lpq.genetic import evolve
from lpasim.lpq.plan import PROBE_IMAGES, Plan
from lpasim.lpq.preparation import Prepared, prepare
from lpasim.lpq.quantize import evaluator_of
from lpasim.lpq.settings import Start
from lpasim.lpq.state import State
from lpasim.lpq.subject import Subject

CLOSED_FORMS = "measuring which weights need bits"
"""The stage of the preparation that only closed forms need."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to search.

    Attributes
    ----------
    start : "random" or "fitted"
        The first population and the newcomers.
    screens : bool
        Whether children are compared on few images first.
    reuses : bool
        Whether closed forms begin the population, and what candidates share is run once.
    """

    start: Start
    screens: bool
    reuses: bool


STRATEGIES = {
    PLAIN: Strategy("random", screens=False, reuses=False),
    "fitted start": Strategy("fitted", screens=False, reuses=True),
    "fitted start, screening": Strategy("fitted", screens=True, reuses=True),
}


@dataclass
class Recorder:
    """An evaluator that notes what each evaluation costs, and when the best fitness falls.

    Attributes
    ----------
    inner : NetworkEvaluator
        Gives the scores.
    images : int
        All images: scores on fewer are no point of the curve.
    spent : Point
        What was paid before the first evaluation.
    passes : float
        Passes that are done.
    points : list of Point
        One for each improvement, and one for each generation.
    """

    inner: NetworkEvaluator
    images: int
    spent: Point
    passes: float = 0.0
    points: list[Point] = field(default_factory=list)
    _started: float = field(default_factory=time.perf_counter)
    _evaluated: float = 0.0
    _best: float = float("inf")

    def evaluate(self, candidates: Sequence[Candidate], images: int) -> list[float]:
        """Return the fitness of each candidate; where all images are asked for, candidates are run one by one."""
        together = len(candidates) if images < self.images else 1
        scores: list[float] = []
        for first in range(0, len(candidates), together):
            some = candidates[first : first + together]
            scores += self.inner.evaluate(some, images)
            self._evaluated += images * len(some)
            if images == self.images and scores[-1] < self._best:
                self._best = scores[-1]
                self.note()
        return scores

    def note(self) -> None:
        """Add a point to the curve."""
        self.points.append(
            Point(
                self.passes,
                self._best,
                self.spent.images_evaluated + self._evaluated,
                self.spent.images_run + self.inner.run_share,
                self.spent.seconds + time.perf_counter() - self._started,
            )
        )


@dataclass(frozen=True)
class Setting:
    """What all searches on a network share, and the cost of its closed forms."""

    network: AtHand
    plan: Plan
    prepared: Prepared
    closed_forms: Point


def setting_of(network: AtHand, plan: Plan, members: Team) -> Setting:
    """Prepare a search, and account for what is needed for closed forms alone."""
    times: list[tuple[str, float]] = []
    prepared = prepare(
        network.subject,
        network.calibration,
        replace(plan, search=replace(plan.search, start="fitted")),
        members,
        stage=lambda name: times.append((name, time.perf_counter())),
    )
    ends = [start for _, start in times[1:]] + [time.perf_counter()]
    seconds = next(end - start for (name, start), end in zip(times, ends, strict=True) if name == CLOSED_FORMS)
    shares = shares_behind(network.subject)
    images = min(PROBE_IMAGES, len(network.calibration))
    # Each layer is rounded alone: the network runs from there on, and twice without any rounding.
    spent = Point(0, float("inf"), images * (len(shares) + 2), images * (sum(shares) + 2), seconds)
    return Setting(network, plan, prepared, spent)


def shares_behind(subject: Subject) -> list[float]:
    """Return for each layer with constant weights the share of the multiply-accumulates in it and behind it."""
    pairs = [(layer.name, layer.product) for layer in subject.graph.layers if layer.product is not None]
    macs = [product.count * product.m * product.k * product.n for _, product in pairs]
    weighted = {layer.name for layer in subject.layers}
    return [sum(macs[place:]) / sum(macs) for place, (name, _) in enumerate(pairs) if name in weighted]


@contextmanager
def cache_of(size_bytes: int) -> Iterator[None]:
    """Let evaluators keep so much of what was run."""
    before = evaluation.CACHE_BYTES
    evaluation.CACHE_BYTES = size_bytes
    try:
        yield
    finally:
        evaluation.CACHE_BYTES = before


def curve(setting: Setting, strategy: Strategy, members: Team) -> list[Point]:
    """Search once, and return how the best fitness fell."""
    network, prepared, search = setting.network, setting.prepared, setting.plan.search
    with cache_of(evaluation.CACHE_BYTES if strategy.reuses else 0):
        inner = evaluator_of(network.subject, network.calibration, setting.plan, prepared, members)
        nothing = Point(0, float("inf"), 0, 0, 0)
        recorder = Recorder(inner, search.images, setting.closed_forms if strategy.reuses else nothing)
        given = prepared.starts if strategy.reuses else ()
        blocks = len(prepared.space.blocks)

        def save(state: State) -> None:
            recorder.passes = state.generation / blocks
            recorder.note()

        evolve(prepared.space, search, recorder, save=save, given=given)
    return recorder.points
