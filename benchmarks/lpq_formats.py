"""What number formats cost in accuracy: plain ones, and each kind under the same search at the same average bits.

    python benchmarks/lpq_formats.py --data PACK
    python benchmarks/lpq_formats.py resnet20 --data PACK --methods LPQ flint --images 500

Plain rows round to the nearest value in formats of least squared error, one for each tensor. Activations have 8 bits,
and so have, where weights have 4, those of the first and the last layer and of depthwise convolutions, as
`lpasim trace --batchnorm ppu` does it. The other rows are what the search gives for a kind of format, with corrected
weights. Batch normalizations are never folded. Finished rows are kept: a measurement that was stopped goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lpq_networks import NETWORKS, AtHand, judged
from lpq_options import described, networks_of, parser_of, plan_of, read_networks
from result_table import SETTINGS, ResultTable, Row, markdown, write_text

from lpasim.errors import LpasimError
from lpasim.lpq.activation_formats import ActivationFits, observed
from lpasim.lpq.answers import quantized_run
from lpasim.lpq.channel_factors import channel_factors
from lpasim.lpq.crowd import team
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.plan import MODES, PROBE_IMAGES, Plan
from lpasim.lpq.preparation import WEIGHT_SAMPLE
from lpasim.lpq.quantize import quantize
from lpasim.lpq.quantized_run import Quantized
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import draw

ACTIVATION_BITS = 8
"""Of a plain row."""
KEYS = ("network", "method")
COLUMNS = (
    "weight_bits",
    "activation_bits",
    "top1_percent",
    "drop_points",
    "drop_error_points",
    "agreement_percent",
    "divergence_nat",
    "quantize_s",
    "searched_images",
    "channel_factors",
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A kind of format that all tensors have."""

    kind: str
    weights: int


@dataclass(frozen=True, slots=True)
class Searched:
    """A kind of format that is searched, and how the plan differs from the one that is asked for."""

    kind: str
    change: Callable[[Plan], Plan] = lambda plan: plan


def _eight(plan: Plan) -> Plan:
    """Give everything 8 bits, so that scales and discrete parameters alone are searched."""
    return replace(plan, bits=(8,), weight_bits=8, activation_bits=8, search=replace(plan.search, average_bits=8.0))


METHODS: dict[str, Plain | Searched | None] = {
    "float32": None,
    "int8": Plain("int", 8),
    "int4": Plain("int", 4),
    "LP8": Plain("lp", 8),
    "LP4": Plain("lp", 4),
    "LPQ": Searched("lp"),
    "LPQ, 2/4/8 bits": Searched("lp", lambda plan: replace(plan, bits=MODES)),
    "LPQ, by channel": Searched("lp", lambda plan: replace(plan, granularity="channel")),
    "LPQ, 8/8 bits": Searched("lp", _eight),
    "integer": Searched("int"),
    "AdaptivFloat": Searched("adaptivfloat"),
    "posit": Searched("posit"),
    "LNS": Searched("lns"),
    "flint": Searched("flint"),
}
"""The rows of a network; what has "LPQ" in its name, and the last ones, is searched."""


def plain_run(network: AtHand, method: Plain) -> tuple[Quantized, float]:
    """Return a network in plain formats, and the average bits of a weight."""
    subject = network.subject
    bits = BitAssignment(method.weights, ACTIVATION_BITS).weight_bits(subject.graph)
    formats = {
        layer.name: fit_format(method.kind, draw(layer.matrices, WEIGHT_SAMPLE), bits[layer.name], "linear")
        for layer in subject.layers
    }
    with team(network.threads) as members:
        samples = observed(subject, network.calibration[:PROBE_IMAGES], members)
    fits = ActivationFits.of(method.kind, [ACTIVATION_BITS], samples)
    activations = fits.chosen(subject, dict.fromkeys(subject.groups, ACTIVATION_BITS))
    count = sum(layer.count for layer in subject.layers)
    average = sum(bits[layer.name] * layer.count for layer in subject.layers) / count
    return quantized_run(subject, formats, activations, None), average


def plain_row(network: AtHand, method: Plain) -> Row:
    start = time.perf_counter()
    run, average = plain_run(network, method)
    seconds = time.perf_counter() - start
    return {
        "weight_bits": f"{average:.2f}",
        "activation_bits": f"{ACTIVATION_BITS:.2f}",
        **judged(network, network.logits(network.subject, run)).cells(),
        "quantize_s": f"{seconds:.1f}",
        "searched_images": "",
        "channel_factors": "",
    }


def searched_row(network: AtHand, plan: Plan) -> Row:
    outcome = quantize(network.subject, network.calibration, plan, threads=network.threads)
    factors = channel_factors(network.subject) if plan.granularity == "channel" else {}
    return {
        "weight_bits": f"{outcome.weight_bits:.2f}",
        "activation_bits": f"{outcome.activation_bits:.2f}",
        **judged(network, network.logits(outcome.subject, outcome.run())).cells(),
        "quantize_s": f"{sum(outcome.seconds.values()):.1f}",
        "searched_images": f"{outcome.run_share:.0f}",
        "channel_factors": str(sum(found.size for found in factors.values())) if factors else "",
    }


def float_row(network: AtHand) -> Row:
    empty = dict.fromkeys(("quantize_s", "searched_images", "channel_factors"), "")
    bits = {"weight_bits": "32.00", "activation_bits": "32.00"}
    return {**bits, **judged(network, network.exact).cells(), **empty}


def measured(network: AtHand, name: str, options: argparse.Namespace, table: ResultTable) -> bool:
    """Add the row of a method, unless it is there; tell whether it was added."""
    method, settings, plan = METHODS[name], network.images, None
    if isinstance(method, Searched):
        fitness = Fitness(lam=options.lam)
        asked = plan_of(options, fitness, seed=options.seed, population=options.population)
        plan = replace(method.change(asked), kind=method.kind)
        settings = f"{described(plan, network)}; seed {options.seed}"
    head = {"network": network.name, "method": name, SETTINGS: settings}
    if table.has(head):
        return False
    if plan is not None:
        row = searched_row(network, plan)
    else:
        row = plain_row(network, method) if isinstance(method, Plain) else float_row(network)
    table.add([{**head, **row}])
    return True


def page(table: ResultTable, threads: int) -> str:
    """Return all rows as Markdown: drops of all networks side by side, then a table for each network."""
    networks = list(dict.fromkeys(row["network"] for row in table.rows))
    methods = [name for name in METHODS if any(row["method"] == name for row in table.rows)]
    cells = {(row["network"], row["method"]): row for row in table.rows}

    def drop(network: str, method: str) -> str:
        row = cells.get((network, method))
        if row is None:
            return ""
        return row["top1_percent"] if method == "float32" else row["drop_points"]

    text = [
        "# Accuracy of quantized networks\n\n",
        "Top-1 of the float network [%], and what each method loses of it [points]; negative: it gains. What the rows\n"
        "are, and how they are made again: [README.md](README.md).\n\n",
        markdown(
            ["network", *methods], [[network, *(drop(network, method) for method in methods)] for network in networks]
        ),
    ]
    head = [
        "method",
        "bits: weights",
        "activations",
        "top-1 %",
        "drop, points",
        "same answer %",
        "divergence, nat",
        "time, s",
    ]
    for network in networks:
        rows = [cells[network, method] for method in methods if (network, method) in cells]
        lines = [
            [
                row["method"],
                row["weight_bits"],
                row["activation_bits"],
                row["top1_percent"],
                "" if row["method"] == "float32" else f"{row['drop_points']} ± {row['drop_error_points']}",
                row["agreement_percent"],
                row["divergence_nat"],
                row["quantize_s"],
            ]
            for row in rows
        ]
        images = dict.fromkeys(row[SETTINGS].partition("; widths")[0] for row in rows)
        text.append(f"\n## {network}\n\nImages: {'. '.join(images)}.\n\n{markdown(head, lines)}")
    threaded = f"{threads} thread{'' if threads == 1 else 's'} on {os.cpu_count()} processors"
    text.append(f"\nTimes of the last rows that were added: {threaded}, perhaps with other work beside.\n")
    return "".join(text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = parser_of(__doc__, ())
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD")
    parser.add_argument("--population", type=int, default=Plan().search.population, help="(default: %(default)s)")
    parser.add_argument("--lambda", dest="lam", type=float, default=Fitness().lam, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    places = {name: place for place, name in enumerate((*NETWORKS, *METHODS))}
    table = ResultTable(
        options.out / "formats.csv", KEYS, COLUMNS, lambda row: [places.get(row[key], len(places)) for key in KEYS]
    )
    failed = False
    try:
        for network in read_networks(options, networks_of(options)):
            for name in options.methods:
                start = time.perf_counter()
                try:
                    added = measured(network, name, options, table)
                except LpasimError as error:
                    failed = True
                    print(f"{network.name}, {name}: {error}", file=sys.stderr)
                    continue
                done = f"{time.perf_counter() - start:.0f} s" if added else "there already"
                print(f"{network.name}, {name}: {done}", flush=True)
                write_text(page(table, options.threads), options.out / "formats.md")
    except (LpasimError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
