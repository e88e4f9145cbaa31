"""Figures that README and the manual state, beside what the program gives today."""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest
from docs_pages import ROOT, text_of

import lpasim
from lpasim.cost.sram import FIGURES
from lpasim.cost.sram_error import interpolation_errors
from lpasim.hardware import load_hardware
from lpasim.mapping.network import map_network
from lpasim.quantization.workload import load_workload
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


@pytest.mark.parametrize("name", ["cacti7-hp-28nm", "cacti7-lop-28nm", "cacti7-lstp-28nm"])
def test_errors_of_interpolated_macros(name):
    errors = interpolation_errors(name)
    cells = [f"{100 * errors[figure].median:.1f} %, {100 * errors[figure].largest:.1f} %" for figure in FIGURES]
    assert f"| `{name}` | {' | '.join(cells)} |" in said("docs/cost-model.md")


@pytest.mark.parametrize(
    ("workload", "text"),
    [
        ("ds_cnn_kws", "{} % in all of DS-CNN"),
        ("mobilenet_v1_025", "{} % in MobileNetV1 0.25"),
        ("efficientnet_lite0", "{} % in EfficientNet-Lite0"),
    ],
)
def test_what_idle_rows_would_use(workload, text):
    """A sum that passes an idle row costs its share of a MAC."""
    hardware = load_hardware("lpa").hardware
    share, rows, pe = hardware.switching.mac_psum_share, hardware.array.rows, hardware.pe
    prices = {"w8": pe.mac_8bit_pj, "w4": pe.mac_4bit_pj, "w2": pe.mac_2bit_pj}
    layers = lpasim.simulate(workload).layers.dropna(subset="mode")
    steps = layers["count"] * layers["m"] * layers["n"] * layers["mode"].str[:2].map(prices)
    more = share * (-layers["k"] % rows * steps).sum() / (layers["k"] * steps).sum()
    assert text.format(f"{100 * more:.1f}") in said("docs/cost-model.md")


@pytest.mark.parametrize(
    ("workload", "name"),
    [("resnet18", "ResNet-18"), ("resnet50", "ResNet-50"), ("vit_b", "ViT-B"), ("ds_cnn_kws", "DS-CNN")],
)
def test_what_the_places_of_tensors_cost(workload, name):
    hardware = load_hardware("lpa").hardware
    burst = hardware.dram.burst_bytes
    schedules = map_network(load_workload(workload, batch=None, input_shape=None), hardware)
    tiles = [tile for schedule in schedules for tile in schedule.tiles()]
    blocks = [
        size for tile in tiles for size in (tile.weight_bytes, tile.input_bytes, tile.operand_bytes, tile.store_bytes)
    ]
    least = sum(-(-(size or 0) // burst) for size in blocks)
    moved = summary(workload)["dram_read_bytes"] + summary(workload)["dram_write_bytes"]
    assert f"{name} {100 * (moved / burst / least - 1):.1f} %" in said("docs/mapping.md")


def test_what_a_larger_buffer_may_cost():
    place = ("array.rows=32", "buffers.input=32KiB", "buffers.output=32KiB")
    small, large = (summary("gemm:256x576x128@w4a8", *place, f"buffers.weight={size}KiB") for size in (32, 128))
    moved = [each["dram_read_bytes"] + each["dram_write_bytes"] for each in (small, large)]
    cost = f"{100 * (large['cycles'] / small['cycles'] - 1):.0f} % more, for {100 * (1 - moved[1] / moved[0]):.0f} %"
    assert f"`gemm:256x576x128@w4a8`, took up to {cost} fewer bytes" in said("docs/mapping.md")


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


STUDY = "results/pe-array-study"


def test_the_table_of_a_study_is_that_of_its_points():
    with (ROOT / STUDY / "points.csv").open(encoding="utf-8") as file:
        points = [row for row in csv.DictReader(file) if row["buffers.input_bytes"] == "131072"]
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text_of(f"{STUDY}/README.md").splitlines()]
    rows = [cells for cells in table if cells and re.match(r"\d+ x \d+", cells[0])]
    assert len(rows) == 7
    for size, memory, *shown in rows:
        place = {"array.rows": size.split()[0], "array.cols": size.split()[2], "dram.preset": memory}
        of_network = {row["workload"]: row for row in points if place.items() <= row.items()}
        columns = ("latency_ms", "energy_mj", "utilization")
        given = [of_network[name][column] for name in ("resnet18", "vit_tiny") for column in columns]
        given.append(of_network["resnet18"]["area_mm2"])
        wrong = [pair for pair in zip(shown, given, strict=True) if not rounds_to(float(pair[1]), pair[0])]
        assert wrong == [], f"{size}, {memory}"


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
