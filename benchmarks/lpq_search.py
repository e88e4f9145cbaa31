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
from collections.abc import Sequence

from lpq_networks import NETWORKS, AtHand
from lpq_options import described, networks_of, parser_of, plan_of, read_networks
from lpq_strategies import STRATEGIES, Setting, curve, setting_of
from result_table import SETTINGS, ResultTable, Row, markdown, write_text
from search_curves import COSTS, GOALS, Point, figure, ratios

from lpasim.errors import LpasimError
from lpasim.lpq.crowd import Team, team
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.plan import Plan

KEYS = ("network", "search", "seed")
RATIOS = ("network", "search", "at", "seed", "fitness", *COSTS, *(f"{cost}_ratio" for cost in COSTS))
CURVE = ("step", "passes", "best_fitness", *COSTS)


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


def measured(setting: Setting, name: str, head: Row, members: Team) -> list[Row]:
    """Search once, and return the rows of its curve."""
    points = curve(setting, STRATEGIES[name], members)
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
                table.add(measured(setting, name, head, members))
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
