"""Figures that README and the manual state, beside what the program gives today."""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest
from docs_pages import ROOT, text_of

import lpasim
from lpasim.reports.numbers import plain


@cache
def summary(workload: str, *overrides: str) -> dict:
    return lpasim.simulate(workload, overrides=overrides).summary


def said(page: str) -> str:
    """Return a page as one line."""
    return " ".join(text_of(page).split())


def test_the_small_network():
    run = summary("fashion")
    micros = f"{run['latency_ms'] * 1e3:.0f} µs"
    assert f"energy and area: {run['cycles']:,} cycles, {micros} an image" in said("README.md")
    assert f"instead of {run['cycles']:,}" in said("docs/first-hour.md")


def test_the_picture_is_of_the_network_that_pages_speak_of():
    cycles = f"{summary('resnet18')['cycles']:,}"
    assert cycles in (ROOT / "docs/images/resnet18.svg").read_text(encoding="utf-8")
    assert cycles in text_of("docs/examples/where_time_goes.md")


def test_pictures_are_small_and_shown():
    shown = {
        picture
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for picture in re.findall(r"!\[[^\]]+\]\((?:docs/)?(images/[^)]+)\)", page.read_text(encoding="utf-8"))
    }
    there = {path for path in (ROOT / "docs" / "images").iterdir() if path.suffix in (".png", ".svg")}
    assert shown == {f"images/{path.name}" for path in there}
    assert max(path.stat().st_size for path in there) < 150_000


def test_two_prices_of_one_memory():
    by_currents, by_bits = (
        summary("resnet18", "dram.preset=ddr4-2400", *more)["component_energy_mj"]["dram"]
        for more in ((), ("dram.energy_pj_per_bit=15",))
    )
    assert f"{plain(by_currents)} mJ by currents" in said("docs/cost-model.md")
    assert f"15 pJ a bit make it {by_bits:.1f} mJ" in said("docs/cost-model.md")


def test_reproduced_values_are_those_of_the_committed_table():
    """The left one of the numbers that a run gives: 2.52 bits are 8 x 64 / 203.4, and not simulated."""
    with (ROOT / "results/reproduction/reproduction.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    given = [float(row[column]) for row in rows for column in ("simulated", "deviation") if row[column]]
    table = text_of("docs/reproduction.md").split("## What comes out")[1].split("\n## ")[0]
    cells = "".join("|".join(line.split("|")[2:4]) + "\n" for line in table.splitlines() if line.startswith("| "))
    numbers = {number.replace(" ", "") for number in re.findall(r"(?<![\w.])-?\d[\d ]*\.?\d*", cells)} - {"2.52"}
    assert len(numbers) > 30
    missing = [number for number in numbers if not any(rounds_to(value, number) for value in given)]
    assert missing == []


def rounds_to(value: float, text: str) -> bool:
    digits = len(text.partition(".")[2])
    return text in (f"{value:.{digits}f}", f"{value * 100:.{digits}f}")


CHECKED = ("ant-micro22", "bitfusion-micro22", "olaccel", "biscaled")
NETWORKS = ("resnet18", "resnet50", "vit_b")


@pytest.mark.slow
def test_latencies_beside_those_of_another_simulator():
    table = text_of("docs/baselines.md").split("## A check against ANT's simulator")[1]
    lines = [line for line in table.splitlines() if re.match(r"\| [A-Z]", line)]
    shown = [[cell.strip() for cell in line.split("|")[2:-1:2]] for line in lines]
    found = [[ratio(network, name) for network in NETWORKS] for name in CHECKED]
    pairs = [pair for row in zip(shown, found, strict=True) for pair in zip(*row, strict=True) if pair[0]]
    assert len(pairs) == 10
    assert [ours for ours, _ in pairs] == [f"{value:.2f}" for _, value in pairs]


def ratio(network: str, accelerator: str) -> float:
    return cycles(network, accelerator) / cycles(network, "adaptivfloat-micro22")


@cache
def cycles(network: str, accelerator: str) -> float:
    return lpasim.simulate(network, accelerator, batch=64).summary["latency_ms"]
