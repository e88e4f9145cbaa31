"""What the search costs: best fitness over evaluations, next to the plain genetic search.

    python benchmarks/lpq_search.py
    python benchmarks/lpq_search.py resnet20 --data PACK --passes 5

The plain search has the published steps: a first population drawn at random around each layer's distribution, random
newcomers, every child evaluated on all images, every evaluation from the network's start. Then one by one come the
fitted start (closed forms, and reuse of what candidates share up to a changed block) and screening, which is the search
of `lpasim quantize`. All have the same network, images, formats of activations, bound on the bits, rounding of weights
and fitness, from the same evaluator. What measuring for the closed forms costs is counted on their side.

The cost is counted three ways: images evaluated, as if each evaluation ran the whole network; images run, each by the
share of the multiply-accumulates that were not reused; and seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lpq_networks import NETWORKS, AtHand
from lpq_options import described, networks_of, parser_of, plan_of, read_networks
from result_table import SETTINGS, ResultTable, Row, markdown, write_text
from search_curves import COSTS, GOALS, PLAIN, Point, figure, ratios

from lpasim.errors import LpasimError
from lpasim.lpq import evaluator as evaluation
from lpasim.lpq.activation_formats import average_activation_bits
from lpasim.lpq.crowd import Team, team
from lpasim.lpq.evaluator import Fitness, NetworkEvaluator
from lpasim.lpq.genes import Candidate
from lpasim.lpq.genetic import evolve
from lpasim.lpq.plan import PROBE_IMAGES, Plan
from lpasim.lpq.preparation import Prepared, prepare
from lpasim.lpq.settings import GeneticSettings, Start
from lpasim.lpq.state import State
from lpasim.lpq.subject import Subject

CLOSED_FORMS = "measuring which weights need bits"
"""The stage of the preparation that only closed forms need."""
KEYS = ("network", "search", "seed")
RATIOS = ("network", "search", "at", "seed", "fitness", *COSTS, *(f"{cost}_ratio" for cost in COSTS))
CURVE = ("step", "passes", "best_fitness", *COSTS)


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


def curve(setting: Setting, strategy: Strategy, search: GeneticSettings, members: Team) -> list[Point]:
    """Search once, and return how the best fitness fell."""
    network, prepared = setting.network, setting.prepared
    with cache_of(evaluation.CACHE_BYTES if strategy.reuses else 0):
        inner = NetworkEvaluator(
            network.subject,
            network.calibration[: search.images],
            prepared.rounder,
            prepared.fits.chosen(network.subject, prepared.widths),
            average_activation_bits(network.subject, prepared.widths),
            setting.plan.fitness,
            members,
        )
        nothing = Point(0, float("inf"), 0, 0, 0)
        recorder = Recorder(inner, search.images, setting.closed_forms if strategy.reuses else nothing)
        given = prepared.starts if strategy.reuses else ()
        blocks = len(prepared.space.blocks)

        def save(state: State) -> None:
            recorder.passes = state.generation / blocks
            recorder.note()

        evolve(prepared.space, search, recorder, save=save, given=given)
    return recorder.points


def read_curves(table: ResultTable, network: str) -> dict[tuple[str, str], list[Point]]:
    """Return the curves of a network by search and seed."""
    found: dict[tuple[str, str], list[Point]] = {}
    for row in table.rows:
        if row["network"] == network:
            values = (float(row[name]) for name in CURVE[1:])
            found.setdefault((row["search"], row["seed"]), []).append(Point(*values))
    return found


def page(table: ResultTable) -> str:
    """Return the ratios of all networks as Markdown."""
    names = list(dict.fromkeys(row["network"] for row in table.rows))
    rows = [row for name in names for row in ratios(read_curves(table, name), name)]
    rows.sort(
        key=lambda row: [names.index(row["network"]), list(STRATEGIES).index(row["search"]), GOALS.index(row["at"])]
    )
    costs = (*COSTS.values(), *(f"ratio: {text}" for text in COSTS.values()))
    lines = [[row[name] for name in RATIOS] for row in rows]
    settings = dict.fromkeys(f"{row['network']}, {row['search']}: {row[SETTINGS]}" for row in table.rows)
    return (
        "# Cost of the search\n\n"
        "What a search costs until it has a fitness; and what the plain genetic search costs until it has that one\n"
        "too, over it. Where the plain one never has it: its whole cost, and >. Curves: `search.csv` and\n"
        "`search_NETWORK.svg`. How it is made again: [README.md](README.md).\n\n"
        f"{markdown(['network', 'search', 'compared at', 'seed', 'fitness', *costs], lines)}\n"
        + "".join(f"* {line}\n" for line in settings)
    )


def measured(setting: Setting, name: str, search: GeneticSettings, head: Row, members: Team) -> list[Row]:
    """Search once, and return the rows of its curve."""
    points = curve(setting, STRATEGIES[name], search, members)
    return [
        {
            **head,
            "step": str(step),
            "passes": f"{point.passes:.4g}",
            "best_fitness": f"{point.best_fitness:.8g}",
            "images_evaluated": f"{point.images_evaluated:.0f}",
            "images_run": f"{point.images_run:.1f}",
            "seconds": f"{point.seconds:.3f}",
        }
        for step, point in enumerate(points)
    ]


def compare(network: AtHand, options: argparse.Namespace, table: ResultTable) -> None:
    """Run all searches of a network that are not in the table, and write table, page and figure after each."""
    with team(network.threads) as members:
        for seed in range(options.seeds):
            for name, strategy in STRATEGIES.items():
                plan = plan_of(
                    options,
                    Fitness(lam=options.lam),
                    seed=seed,
                    start=strategy.start,
                    population=options.population,
                    screening=options.screening if strategy.screens else 0,
                )
                settings = described(plan, network).partition("; ")[2]  # no labelled image is looked at
                head = {"network": network.name, "search": name, "seed": str(seed), SETTINGS: settings}
                if table.has(head):
                    print(f"{network.name}, {name}, seed {seed}: there already", flush=True)
                    continue
                setting = setting_of(
                    network, plan, members
                )  # anew: it keeps rounded weights, and its draws are the seed's
                table.add(measured(setting, name, plan.search, head, members))
                curves = read_curves(table, network.name)
                write_text(figure(curves, network.name).decode(), options.out / f"search_{network.name}.svg")
                write_text(page(table), options.out / "search.md")
                print(f"{network.name}, {name}, seed {seed}: done", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = parser_of(__doc__, ("fashion",), passes=10)
    population = Plan().search.population
    parser.add_argument("--population", type=int, default=population, help="(default: %(default)s)")
    parser.add_argument("--lambda", dest="lam", type=float, default=Fitness().lam, help="(default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 0..N-1 (default: %(default)s)")
    options = parser.parse_args(arguments)
    places = {name: place for place, name in enumerate((*NETWORKS, *STRATEGIES))}
    table = ResultTable(
        options.out / "search.csv",
        KEYS,
        CURVE,
        lambda row: (*(places.get(row[key], len(places)) for key in KEYS[:2]), int(row["seed"]), int(row["step"])),
    )
    try:
        for network in read_networks(options, networks_of(options)):
            compare(network, options, table)
    except (LpasimError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
