"""What the search should minimize: drop in accuracy after searches with other objectives and the same budget.

    python benchmarks/lpq_objectives.py
    python benchmarks/lpq_objectives.py resnet20 --data PACK --seeds 3 --weight-bits 3
    python benchmarks/lpq_objectives.py --objective global-local-contrastive --pooling mean max moments kurtosis

Every combination of the values that are given is searched with each seed, and judged twice: with the weights corrected
after the search, and with each weight rounded to the nearest value. Options that an objective does not look at do not
multiply its rows. Finished rows are kept: a measurement that was stopped goes on.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from lpq_networks import NETWORKS, AtHand, judged
from lpq_options import described, networks_of, parser_of, plan_of, read_networks
from result_table import SETTINGS, ResultTable, Row, markdown, write_text

from lpasim.errors import LpasimError
from lpasim.lpq.answers import quantized_run
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.objective import OBJECTIVES, TEMPERATURES
from lpasim.lpq.plan import Plan
from lpasim.lpq.pooling import POOLINGS
from lpasim.lpq.quantize import Outcome, quantize
from lpasim.lpq.settings import STARTS

VARIANT = ("objective", "pooling", "temperature", "lambda", "population", "passes", "start")
KEYS = ("network", *VARIANT, "weight_bits_asked", "seed")
JUDGED = ("corrected", "nearest")
"""How weights are rounded once the search is done."""
MEASURED = ("top1_percent", "drop_points", "drop_error_points", "agreement_percent", "divergence_nat")
COLUMNS = (
    "weight_bits",
    "activation_bits",
    *(f"{rounding}_{name}" for rounding in JUDGED for name in MEASURED),
    "search_s",
    "evaluated_images",
)


def variants(options: argparse.Namespace) -> Iterator[Row]:
    """Yield what is searched with: all combinations, each once."""
    seen = set()
    named = product(options.objective, options.pooling, options.temperature, options.lam, options.population)
    for (objective, pooling, temperature, lam, population), start in product(named, options.start):
        contrastive, pooled = objective in TEMPERATURES, objective == "global-local-contrastive"
        own = TEMPERATURES.get(objective) if temperature is None else temperature
        values = (
            objective,
            pooling if pooled else "",
            f"{own:g}" if contrastive else "",
            f"{lam:g}",
            str(population),
            str(options.passes),
            start,
        )
        if values not in seen:
            seen.add(values)
            yield dict(zip(VARIANT, values, strict=True))


def plan_for(variant: Row, seed: int, options: argparse.Namespace) -> Plan:
    temperature, pooling = variant["temperature"], variant["pooling"] or "mean"
    named: Any = (variant["objective"], pooling, float(temperature) if temperature else None, float(variant["lambda"]))
    return plan_of(options, Fitness(*named), population=int(variant["population"]), start=variant["start"], seed=seed)


def cells(network: AtHand, outcome: Outcome) -> Row:
    """Judge a quantized network with and without its weights' correction."""
    nearest = quantized_run(outcome.subject, outcome.formats, outcome.activations, None)
    found: Row = {"weight_bits": f"{outcome.weight_bits:.2f}", "activation_bits": f"{outcome.activation_bits:.2f}"}
    for rounding, run in zip(JUDGED, (outcome.run(), nearest), strict=True):
        verdict = judged(network, network.logits(outcome.subject, run))
        found |= {f"{rounding}_{name}": value for name, value in verdict.cells().items()}
    seconds, images = outcome.seconds["searching"], outcome.state.images_evaluated
    return {**found, "search_s": f"{seconds:.1f}", "evaluated_images": str(images)}


def spread(rows: Sequence[Row], column: str, digits: int) -> str:
    """Return mean and standard deviation of a column over seeds."""
    values = [float(row[column]) for row in rows]
    deviation = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.{digits}f}{deviation}"


def page(table: ResultTable) -> str:
    """Return means over seeds as Markdown, a table for each network and bound on the bits."""
    text = [
        "# Objectives of the search\n\n",
        "Mean and standard deviation over seeds. Corrected: weights and biases are corrected after the search;\n"
        "nearest: weights are rounded to the nearest values instead. The divergence of the answers from those of the\n"
        "float network shows differences that accuracy does not. How it is made again: [README.md](README.md).\n",
    ]
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table.rows:
        groups.setdefault((row["network"], row["weight_bits_asked"]), []).append(row)
    for (network, bits), rows in groups.items():
        by_variant: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            by_variant.setdefault(tuple(row[name] for name in VARIANT), []).append(row)
        lines = [
            [
                *(value or "-" for value in variant),
                str(len(found)),
                spread(found, "weight_bits", 2),
                *(spread(found, f"{rounding}_drop_points", 2) for rounding in JUDGED),
                *(spread(found, f"{rounding}_divergence_nat", 4) for rounding in JUDGED),
                spread(found, "search_s", 1),
            ]
            for variant, found in by_variant.items()
        ]
        measured = ["drop, points: corrected", "nearest", "divergence, nat: corrected", "nearest", "search, s"]
        head = [*VARIANT, "seeds", "weight bits", *measured]
        images = dict.fromkeys(row[SETTINGS].partition("; widths")[0] for row in rows)
        title = f"{network}, at most {bits} bits a weight"
        text.append(f"\n## {title}\n\nImages: {'. '.join(images)}.\n\n{markdown(head, lines)}")
    return "".join(text)


def arguments_of(arguments: Sequence[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    plan = Plan()
    parser = parser_of(__doc__, ("fashion",))
    several: dict[str, Any] = {"nargs": "+", "help": "(default: %(default)s)"}
    parser.add_argument("--objective", choices=OBJECTIVES, default=list(OBJECTIVES), **several)
    parser.add_argument("--pooling", choices=POOLINGS, default=[plan.fitness.pooling], **several)
    temperature = {"type": float, "nargs": "+", "default": [None], "help": "(default: the objective's own)"}
    parser.add_argument("--temperature", **temperature)
    parser.add_argument("--lambda", dest="lam", type=float, default=[plan.fitness.lam], **several)
    parser.add_argument("--population", type=int, default=[plan.search.population], **several)
    parser.add_argument("--start", choices=STARTS, default=[plan.search.start], **several)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 0..N-1 (default: %(default)s)")
    return parser, parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    parser, options = arguments_of(arguments)
    places = {name: place for place, name in enumerate((*NETWORKS, *OBJECTIVES))}
    table = ResultTable(
        options.out / "objectives.csv",
        KEYS,
        COLUMNS,
        lambda row: [(places.get(row[key], len(places)), row[key]) for key in KEYS],
    )
    try:
        for network in read_networks(options, networks_of(options)):
            for variant, seed in product(variants(options), range(options.seeds)):
                plan = plan_for(variant, seed, options)
                asked = {"weight_bits_asked": f"{plan.weight_bits:g}", "seed": str(seed)}
                head = {"network": network.name, **variant, **asked, SETTINGS: described(plan, network)}
                named = ", ".join(value for value in variant.values() if value)
                if table.has(head):
                    print(f"{network.name}, {named}, seed {seed}: there already", flush=True)
                    continue
                outcome = quantize(network.subject, network.calibration, plan, threads=network.threads)
                table.add([{**head, **cells(network, outcome)}])
                write_text(page(table), options.out / "objectives.md")
                print(f"{network.name}, {named}, seed {seed}: done", flush=True)
    except (LpasimError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
