"""``list``, ``show``, ``inspect``, ``doctor`` and the help."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

import lpasim as package
from lpasim.reports import libraries
from lpasim_ext import lp_mac

NETWORKS = (
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "vit_b",
    "deit_s",
    "swin_t",
    "squeezenet1_1",
    "efficientnet_lite0",
    "vit_tiny",
)


def test_list_workloads(lpasim):
    out = lpasim("list", "workloads").out
    for name in NETWORKS:
        assert f" {name} " in out


def test_list_hardware_and_formats(lpasim):
    assert " lpa " in lpasim("list", "hardware").out
    assert "lpn,es,rs" in lpasim("list", "formats").out


def test_descriptions_are_not_cut(lpasim, monkeypatch):
    from lpasim.formats import FORMATS

    for columns in ("60", "100"):
        monkeypatch.setenv("COLUMNS", columns)
        out = lpasim("list", "formats").out
        assert "…" not in out
        assert max(len(line) for line in out.splitlines()) <= int(columns)
        for entry in FORMATS:
            assert set(entry.description.split()) <= set(out.split())


def test_free_operators_of_one_kind_share_a_line(lpasim):
    out = lpasim("show", "workload", "vit_tiny").out
    assert out.count("Reshape,") == 1
    assert re.search(r"\d+ Reshape, \S+ to \S+", out)


def test_show_hardware_marks_assumptions(lpasim):
    done = lpasim("show", "hardware", "lpa", "--set", "array.rows=16")
    assert done.code == 0
    assert "set on the command line" in done.out
    assert "a value that nobody published" in done.out


def test_show_hardware_as_yaml_reads_back(lpasim, tmp_path):
    text = lpasim("show", "hardware", "lpa", "--set", "array.rows=16", "--yaml").out
    (tmp_path / "mine.yaml").write_text(text)
    assert lpasim("show", "hardware", "mine.yaml", "--yaml").out == text


def test_show_workload(lpasim):
    out = lpasim("show", "workload", "resnet18").out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert "1.81 GMACs" in out
    assert "bit assignment:" in out


def test_inspect_fields_and_neighbours(lpasim):
    """0x5A = 0 10 11 010: k = 0, e = 3, f = 2/8, so 2^3.25."""
    words = [line.split() for line in lpasim("inspect", "0x5A", "--format", "lp8,2,3,0").out.splitlines()]
    assert ["code", "0x5a", "01011010"] in words
    assert ["regime", "10", "k", "=", "0"] in words
    assert ["exponent", "11", "e", "=", "3"] in words
    assert ["fraction", "010", "f", "=", "0.25"] in words
    values = {line[0]: float(line[-1]) for line in words if line[0] in ("value", "next")}
    assert values["value"] == pytest.approx(2**3.25, rel=1e-15)


@pytest.mark.parametrize("code", ["90", "0b1011010", "0x5A", "0x5a"])
def test_inspect_reads_any_base(lpasim, code):
    assert lpasim("inspect", code).out == lpasim("inspect", "0x5A").out


def test_inspect_ends_of_the_range(lpasim):
    assert "next above  none" in lpasim("inspect", "0x7F").out
    assert "next below  none" in lpasim("inspect", "0x81").out
    assert "not a real" in lpasim("inspect", "0x80").out


def test_doctor(lpasim):
    done = lpasim("doctor")
    assert done.code == 0
    assert f"numpy            {version('numpy')}" in done.out
    for names, _ in libraries.EXTRAS.values():
        for name in names:
            assert f"\n{name:16} {libraries.installed_version(name) or 'not installed; only for '}" in done.out
    assert "kernel lp_codec  loaded" in done.out
    assert f"kernel lp_mac    loaded; runs {lp_mac.available_paths()[0]}" in done.out


def test_doctor_says_what_a_missing_extra_is_for(lpasim, monkeypatch):
    installed = libraries.installed_version
    monkeypatch.setattr(libraries, "installed_version", lambda name: None if name == "optuna" else installed(name))
    done = lpasim("doctor")
    assert done.code == 0
    said = " ".join(done.out.split())
    assert "optuna not installed; only for lpasim explore: pip install '.[explore]' plotly" in said


def test_version_and_help(lpasim):
    assert lpasim("--version").out == f"lpasim {package.__version__}\n"
    assert lpasim("--help").code == lpasim().code == 0
    assert "doctor" in lpasim().out
    for command in ("run", "list", "show", "inspect", "trace", "doctor"):
        assert lpasim(command, "--help").code == 0


def test_trace_makes_a_workload(lpasim, tmp_path):
    done = lpasim("trace", "squeezenet1_1", "--weight-bits", "2", "-o", "two_bits.json")
    assert (done.code, done.out) == (0, "two_bits.json: 26 layers, 9 free operators\n")
    out = lpasim("show", "workload", "two_bits.json").out
    assert "two_bits, batch 1, 349 MMACs" in out
    assert "command: python -m lpasim trace squeezenet1_1 --weight-bits 2 -o two_bits.json" in out
