"""The address of a point: everything that decides its results, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lpasim
from lpasim.hardware import load_hardware
from lpasim.quantization.workload import load_workload
from lpasim.studies import identity
from lpasim.studies.identity import model_version, point_key, trace_digest

NET = trace_digest(load_workload("gemm:20x30x10@w4a8"))


def key(*settings: str) -> bytes:
    return point_key(NET, load_hardware("lpa", settings))


def test_the_same_accelerator_has_one_address_however_it_is_spelled():
    assert key() == key("array.rows=8") == key("title=another", "clock_mhz=0.5 GHz")
    assert key("buffers.weight=131072") == key("buffers.weight=128KiB")


@pytest.mark.parametrize(
    "setting",
    ["array.rows=16", "clock_mhz=501", "pe.mac_8bit_pj=1.5", "technology.sram_energy_scale=1.5", "dram.preset=hbm2"],
)
def test_whatever_decides_a_result_decides_the_address(setting):
    assert key(setting) != key()


def test_a_price_that_takes_the_place_of_counted_commands_counts():
    """The value is the preset's own, but who gives one wants it for each bit."""
    same = load_hardware("lpa", ["dram.preset=ddr4-2400"]).hardware.dram.energy_pj_per_bit
    assert key("dram.preset=ddr4-2400", f"dram.energy_pj_per_bit={same}") != key("dram.preset=ddr4-2400")


def test_another_workload_or_model_has_another_address(monkeypatch):
    before = key()
    assert point_key(trace_digest(load_workload("gemm:20x30x11@w4a8")), load_hardware("lpa")) != before
    monkeypatch.setattr(identity, "model_version", lambda: "another")
    assert key() != before


def test_where_a_workload_comes_from_is_no_part_of_its_address():
    trace = load_workload("resnet18")
    elsewhere = trace.provenance.model_copy(update={"command": "python -m lpasim trace other/resnet18.onnx"})
    assert trace_digest(trace.model_copy(update={"title": "another", "provenance": elsewhere})) == trace_digest(trace)
    # Published bits are looked up by its name.
    assert trace_digest(trace.model_copy(update={"name": "resnet20"})) != trace_digest(trace)


NEUTRAL = {
    "__init__.py",  # the version is part of the address
    "datapath/packing.py",  # for measured activity, which studies have none of
    "formats/registry.py",  # names that a description may hold
    "networks/operators/__init__.py",  # names that a description may hold
    "quantization/activity_file.py",
    "quantization/frozen.py",
    "quantization/preprocess.py",
    "quantization/workload.py",  # makes traces, which are part of the address
    "networks/roles.py",
    "reports/measured.py",
    "reports/numbers.py",
    "reports/uncertainty.py",
    "studies/identity.py",
    "studies/outcome.py",
}
"""Modules that deciding ones import, and that decide no statistic of a point."""


def imported_by(path: Path) -> set[str]:
    """List the files of lpasim that a file imports."""
    package = Path(lpasim.__file__).parent
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
    places = [package.parent.joinpath(*name.split(".")) for name in modules if name.split(".")[0] == "lpasim"]
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    return {file.relative_to(package).as_posix() for file in files}


def test_whatever_a_deciding_module_imports_decides_too_or_is_known_not_to():
    known = {name: path for path, name in identity._files()}
    imported = set().union(*(imported_by(path) for name, path in known.items() if name.endswith(".py")))
    assert sorted(imported - known.keys() - NEUTRAL) == []
    assert sorted(NEUTRAL - imported) == []


def test_the_model_is_known_by_the_files_that_decide_results(tmp_path, monkeypatch):
    names = [name for _, name in identity._files()]
    for needed in (
        "simulation/engine.py",
        "mapping/search.py",
        "cost/energy.py",
        "reports/summary.py",
        "lpasim_ext.dram",
    ):
        assert needed in names
    assert "cost/tables/sram_28nm_cacti7.csv" in names
    assert len(names) == len(set(names))
    assert not any(name.startswith(("cli/", "quantization/calibrate", "reports/figures/")) for name in names)
    edited = tmp_path / "engine.py"
    edited.write_text("changed")
    files = list(identity._files())
    monkeypatch.setattr(identity, "_files", lambda: [*files[:-1], (edited, files[-1][1])])
    assert identity.model_version.__wrapped__() != model_version()
