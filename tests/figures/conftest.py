"""Runs and studies that figures are made of: of one layer, of 21, of 74, and with long names."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_calls import called
from study_cases import write_study

import lpasim
from lpasim.quantization.workload import load_workload
from lpasim.reports.saved_run import SavedRun
from lpasim.reports.study_folder import Study, read_study

GEMM, OTHER = "gemm:96x64x64@w4a8", "gemm:64x96x128@w8a8"
LONG = "/encoder/stages.{}/blocks.{}/attention/output_projection/MatMul_quantized_node"


@pytest.fixture(scope="session")
def runs() -> dict[str, SavedRun]:
    """Return runs by name."""
    long = load_workload("fashion")
    names = {layer.name: LONG.format(at // 3, at) for at, layer in enumerate(long.layers)}
    renamed = tuple(
        layer.model_copy(
            update={
                "name": names[layer.name],
                "inputs": tuple(names[name] for name in layer.inputs),
                "ppu": tuple(
                    step.model_copy(update={"operand_from": tuple(names[name] for name in step.operand_from)})
                    for step in layer.ppu
                ),
            }
        )
        for layer in long.layers
    )
    named = long.model_copy(update={"name": "a_network_with_quite_a_long_name", "layers": renamed})
    reports = {
        "one": lpasim.simulate(GEMM),
        "resnet": lpasim.simulate("resnet18"),
        "vit": lpasim.simulate("vit_tiny"),
        "long": lpasim.simulate(named),
        "int8": lpasim.simulate("resnet18", "int8"),
    }
    return {name: SavedRun.of(report) for name, report in reports.items()}


@pytest.fixture(scope="session")
def study_path(tmp_path_factory) -> Path:
    """Return the folder of a study of two workloads and four axes, three objectives, and a point that failed."""
    axes = {
        "array.rows": [4, 16],
        "array.cols": [4, 8],
        "buffers.weight": [65536, 64],
        "dram.preset": ["lpddr4-3200", "hbm2"],
    }
    return write_study(tmp_path_factory.mktemp("studies") / "many", [GEMM, OTHER], axes)


@pytest.fixture(scope="session")
def linked_path(tmp_path_factory) -> Path:
    """Return the folder of a study of linked keys, where more is better."""
    axes = {"array.rows,array.cols": [(4, 4), (8, 4), (16, 16)], "clock_mhz": [250, 500]}
    goals = (("throughput_gops", "max"), ("tops_per_w", "max"))
    return write_study(tmp_path_factory.mktemp("studies") / "linked", [GEMM], axes, goals)


@pytest.fixture(scope="session")
def studies(study_path, linked_path) -> dict[str, Study]:
    """Return studies by name."""
    return {"many": read_study(study_path), "linked": read_study(linked_path)}


@pytest.fixture
def lpasim_here(capsys, tmp_path, monkeypatch):
    """Call the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    return lambda *args: called(capsys, *map(str, args))
