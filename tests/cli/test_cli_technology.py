"""``show technology``."""

from __future__ import annotations

import json

import pytest

from lpasim.cost import devices_with_currents
from lpasim.cost.technologies import list_technologies
from lpasim.hardware import list_dram


def test_names(lpasim):
    names = [*list_technologies(), *devices_with_currents()]
    assert lpasim("show", "technology").out.split() == names
    assert json.loads(lpasim("show", "technology", "--json").out) == names


@pytest.mark.parametrize("name", list_technologies())
def test_every_number_is_on_the_page(lpasim, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    out = lpasim("show", "technology", name).out
    data = json.loads(lpasim("show", "technology", name, "--json").out)
    assert data["numbers"]
    for row in (*data["numbers"], *data["scaled_from_other_nodes"]):
        assert f"{row['value']:.6g} {row['unit']}" in out
        assert row["component"] in out
        assert row["source"] in out
    for table in data["sram_tables"].values():
        assert len(table["points"]) == 36
        for point in table["points"]:
            assert f"{point['read_pj']:.6g}" in out
        assert f"{100 * table['interpolation_error']['read_pj']['largest']:.1f} %" in out


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_page_is_not_cut(lpasim, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    out = lpasim("show", "technology", "28nm").out
    assert "…" not in out
    assert max(len(line) for line in out.splitlines()) <= columns
    assert ("or with --json." in " ".join(out.split())) == (columns < 75)


@pytest.mark.parametrize("name", devices_with_currents())
def test_currents_of_a_dram(lpasim, name):
    out = lpasim("show", "technology", name).out
    data = json.loads(lpasim("show", "technology", name, "--json").out)
    for row in data["numbers"]:
        assert row["symbol"] in out
        assert row["source"]


KNOWN = ", ".join((*list_technologies(), *devices_with_currents()))


@pytest.mark.parametrize(
    ("name", "hint"), [("28n", "; did you mean 28nm?"), ("ddr4-240", "; did you mean ddr4-2400?"), ("?", "")]
)
def test_unknown_technology(lpasim, name, hint):
    done = lpasim("show", "technology", name)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"lpasim: technology must be one of {KNOWN}, got {name!r}{hint}\n"


@pytest.mark.parametrize("name", sorted(set(list_dram()) - set(devices_with_currents())))
def test_a_memory_without_currents_says_where_its_numbers_are(lpasim, name):
    done = lpasim("show", "technology", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lpasim: technology must be one of {KNOWN}, got {name!r}; no currents of {name} are")
    command = done.err.rpartition(": lpasim ")[2].partition(" shows")[0]
    assert "energy_pj_per_bit" in lpasim(*command.split()).out
