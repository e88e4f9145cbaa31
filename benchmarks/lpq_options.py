"""Arguments that the benchmarks of `lpasim quantize` share."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from lpq_networks import NETWORKS, PACK, AtHand, at_hand

from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.plan import ANY, MODES, Plan
from lpasim.lpq.settings import GeneticSettings

BITS = {"any": ANY, "modes": MODES}
"""Widths that words may have."""
RESULTS = Path("results/lpq")


def parser_of(
    text: str | None, networks: tuple[str, ...], passes: int = GeneticSettings().passes
) -> argparse.ArgumentParser:
    """Return a parser of the arguments that say what is measured on, and how the search goes.

    `networks` are those that are taken if none are named.
    """
    plan, search = Plan(), GeneticSettings()
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    some = " ".join(networks) or "all that are at hand"
    add("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)} (default: {some})")
    add("--data", type=Path, metavar="DIR", help="data pack: a folder with models/, images/ and data/")
    add("--images", type=int, metavar="N", help="first N of the labelled images (default: all)")
    add("--calibration-images", type=int, default=512, metavar="N", help="(default: %(default)s)")
    add("--out", type=Path, default=RESULTS, metavar="DIR", help="(default: %(default)s)")
    add("--threads", type=int, default=2, help="(default: %(default)s)")
    add("--weight-bits", type=float, default=plan.weight_bits, help="most on average (default: %(default)s)")
    add("--activation-bits", type=float, default=5.5, help="most on average (default: %(default)s)")
    add("--bits", choices=BITS, default="any", help="widths: 2..8, or 2, 4 and 8 (default: %(default)s)")
    add("--passes", type=int, default=passes, help="turns of each block (default: %(default)s)")
    add("--newcomers", type=int, default=search.newcomers, help="mates of a child (default: %(default)s)")
    add("--search-images", type=int, default=search.images, help="fitness is measured on (default: %(default)s)")
    add("--screening", type=int, default=search.screening, help="images for a first look (default: %(default)s)")
    parser.set_defaults(usual=networks)
    return parser


def networks_of(options: argparse.Namespace) -> list[str]:
    """Return the names of the networks that are asked for; `ValueError` where one is unknown."""
    names = options.networks or list(options.usual) or ["fashion", *(PACK if options.data else ())]
    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        raise ValueError(f"network must be one of {', '.join(NETWORKS)}, got {unknown[0]}")
    return list(dict.fromkeys(names))


def read_networks(options: argparse.Namespace, names: list[str]) -> Iterator[AtHand]:
    """Read one network after the other."""
    for name in names:
        yield at_hand(name, options.data, options.calibration_images, options.images, options.threads)


def plan_of(options: argparse.Namespace, fitness: Fitness | None = None, **search: int | str) -> Plan:
    """Return what the arguments ask a search for, with other settings of the genetic search where they are given."""
    settings = {
        "passes": options.passes,
        "newcomers": options.newcomers,
        "images": options.search_images,
        "screening": options.screening,
        "average_bits": options.weight_bits,
        **search,
    }
    return Plan(
        bits=BITS[options.bits],
        weight_bits=options.weight_bits,
        activation_bits=options.activation_bits,
        fitness=fitness or Fitness(),
        search=GeneticSettings(**settings),
    )


def described(plan: Plan, network: AtHand) -> str:
    """Return in words what decides a search's result, beside the seed and what a table has columns for."""
    search = plan.search
    widths = f"{plan.bits[0]}..{plan.bits[-1]}" if plan.bits == ANY else "/".join(map(str, plan.bits))
    steps = f"{search.passes} passes, {search.newcomers} newcomers, population {search.population}"
    looked = f"{search.images} images, {search.screening} first"
    aim = f"{plan.fitness.objective}, lambda {plan.fitness.lam:g}"
    average = f"at most {plan.weight_bits:g}/{plan.average_activation_bits:g} bits"
    return f"{network.images}; widths {widths}, {average}; {aim}; {steps}; {looked}"
