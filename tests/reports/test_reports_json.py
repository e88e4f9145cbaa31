"""The report as JSON, and its documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpasim.reports.statistics import LAYER_STATS, SUMMARY_STATS

DOCUMENT = Path(__file__).parents[2] / "docs" / "report.md"
SUMMARY = {"cycles", "latency_ms", "throughput_gops", "area_mm2", "tops_per_mm2", "tops_per_w", "energy_mj"}
LAYER = {
    "name",
    "m",
    "k",
    "n",
    "cycles",
    "array_cycles",
    "stall_cycles",
    "utilization",
    "dram_read_bytes",
    "dram_write_bytes",
    "energy_pj",
}


def test_json_round_trip(small_report):
    report = small_report.to_dict()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert (report["schema"], report["version"]) == ("lpasim-report", 1)


def test_promised_keys(small_report):
    report = small_report.to_dict()
    assert report["summary"].keys() >= SUMMARY
    assert len(report["layers"]) == 5
    for row in report["layers"]:
        assert row.keys() >= LAYER


def test_every_key_with_a_dimension_has_a_unit(small_report):
    units = small_report.to_dict()["units"]
    plain = {"name", "operator", "k", "mode", "utilization", "dram_utilization", "activity"}
    assert set(units["layers"]) == {stat.name for stat in LAYER_STATS} - plain
    assert set(units["summary"]) == {stat.name for stat in SUMMARY_STATS} - plain


def test_assumptions_and_free_operators(small_report):
    report = small_report.to_dict()
    assumed = {row["key"]: row for row in report["assumptions"]}
    assert assumed.keys() == small_report.resolved.assumptions.keys()
    assert assumed["buffers.weight"]["value"] == 128 * 1024
    assert all(row["source"] for row in assumed.values())
    assert report["free"] == [{"node": "flatten", "operator": "Flatten", "reason": "a view of the same data"}]


def test_configuration_is_complete(small_report):
    configuration = small_report.to_dict()["configuration"]
    assert configuration == small_report.resolved.hardware.model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize(("heading", "stats"), [("## Summary", SUMMARY_STATS), ("## Layers", LAYER_STATS)])
def test_documentation_lists_the_declared_statistics(heading, stats):
    section = DOCUMENT.read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]
    documented = [line for line in section.splitlines() if line.startswith("| `")]
    expected = []
    for stat in stats:
        parts = f" By: {', '.join(stat.parts)}." if stat.parts else ""
        expected.append(f"| `{stat.name}` | {stat.unit} | {stat.description}.{parts} |")
    assert documented == expected
