"""Bad input: one clear line on stderr, exit 2, no traceback, nothing written."""

from __future__ import annotations

import os

import pytest

BAD = {
    "unknown workload": ("run", "resnt18"),
    "missing network": ("run", "missing.onnx"),
    "truncated network": ("run", "truncated.onnx"),
    "folder as network": ("run", "folder.onnx"),
    "truncated trace": ("run", "truncated.json"),
    "zero size": ("run", "gemm:0x2x3@w4a8"),
    "negative size": ("run", "gemm:-1x2x3@w4a8"),
    "two sizes": ("run", "gemm:1x2@w4a8"),
    "17 bits": ("run", "gemm:1x2x3@w17a8"),
    "no bits": ("run", "gemm:1x2x3@w0a8"),
    "zero batch": ("run", "SMALL", "--batch", "0"),
    "negative batch": ("run", "SMALL", "--batch", "-4"),
    "batch in words": ("run", "SMALL", "--batch", "many"),
    "unknown hardware": ("run", "SMALL", "--hardware", "lpq"),
    "missing hardware": ("run", "SMALL", "--hardware", "missing.yaml"),
    "truncated hardware": ("run", "SMALL", "--hardware", "truncated.yaml"),
    "wrong version": ("run", "SMALL", "--hardware", "version.yaml"),
    "zero rows": ("run", "SMALL", "--set", "array.rows=0"),
    "small buffer": ("run", "SMALL", "--set", "buffers.weight=1"),
    "unknown key": ("run", "SMALL", "--set", "array.row=8"),
    "no value": ("run", "SMALL", "--set", "array.rows"),
    "overlap alone": ("run", "SMALL", "--set", "array.weight_double_buffer=false"),
    "foreign folder": ("run", "SMALL", "--out", "foreign"),
    "file as folder": ("run", "SMALL", "--out", "truncated.yaml"),
    "folder below a file": ("run", "SMALL", "--out", "truncated.yaml/run"),
    "no such place": ("run", "SMALL", "--out", "/proc/lpasim/run"),
    "limit of zero": ("trace", "squeezenet1_1", "-o", "out.json", "--limit", "0"),
    "bits in words": ("trace", "squeezenet1_1", "-o", "out.json", "--weight-bits", "four"),
    "folder as trace": ("run", "folder.json"),
    "folder as hardware": ("run", "SMALL", "--hardware", "folder.onnx"),
    "trace into a folder": ("trace", "squeezenet1_1", "-o", "folder.json"),
    "unknown operator": ("run", "SMALL", "--set", "ppu.passes.ReLU=3"),
    "no name of a folder": ("run", "SMALL", "--out", ""),
    "kilo in capitals": ("run", "SMALL", "--set", "buffers.weight=128 KB"),
    "extends nothing": ("show", "hardware", "orphan.yaml"),
    "unknown form": ("run", "SMALL", "--format", "xml"),
    "no workload": ("run",),
    "two workloads": ("run", "SMALL", "SMALL"),
    "unknown option": ("run", "SMALL", "--bach", "3"),
    "unknown command": ("ruin", "SMALL"),
    "unknown list": ("list", "everything"),
    "unknown show": ("show", "hardware", "lpq"),
    "show unknown workload": ("show", "workload", "resnt18"),
    "code too large": ("inspect", "0x100"),
    "negative code": ("inspect", "--", "-1"),
    "code in words": ("inspect", "five"),
    "n out of range": ("inspect", "1", "--format", "lp17,2,3,0"),
    "rs out of range": ("inspect", "1", "--format", "lp8,2,8,0"),
    "unknown format": ("inspect", "1", "--format", "pq8"),
    "trace of nothing": ("trace", "missing.onnx", "-o", "out.json"),
}
HINTS = {
    "zero batch": "must be at least 1, got 0",
    "negative batch": "must be at least 1, got -4",
    "batch in words": "'--batch': must be a whole number, got 'many'",
    "limit of zero": "'--limit': must be at least 1, got 0",
    "bits in words": "'--weight-bits': must be a whole number, got 'four'",
    "folder as trace": "folder.json",
    "trace into a folder": "folder.json",
    "unknown operator": "ppu.passes.Relu",
    "no name of a folder": "'--out' / '-o': must name a folder, got ''",
    "kilo in capitals": "KiB for 1024",
    "extends nothing": "got 'gone.yaml' (orphan.yaml)",
    "unknown form": "'--format': must be one of table, json, csv, got 'xml'",
    "unknown workload": "resnet18",
    "unknown key": "array.rows",
    "unknown option": "--batch",
    "unknown command": "run",
    "show unknown workload": "resnet18",
}


@pytest.fixture
def bad_files(tmp_path):
    (tmp_path / "truncated.onnx").write_bytes(b"\x08\x09\x12\x0bpytorch")
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "truncated.json").write_text('{"schema": "lpasim-trace", "version": 1, "layers": [')
    (tmp_path / "truncated.yaml").write_text('schema: lpasim-hardware\nversion: 1\narray: {rows: "8')
    (tmp_path / "orphan.yaml").write_text("schema: lpasim-hardware\nversion: 1\nextends: gone.yaml\n")
    (tmp_path / "version.yaml").write_text("schema: lpasim-hardware\nversion: 99\nextends: lpa\n")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").write_text("precious")
    return sorted(os.listdir(tmp_path))


@pytest.mark.parametrize("case", BAD)
def test_one_line(lpasim, small, bad_files, tmp_path, case):
    done = lpasim(*(small if arg == "SMALL" else arg for arg in BAD[case]))
    assert done.code == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("lpasim: ")
    for raw in ("Traceback", "[Errno", "Value error"):
        assert raw not in line
    assert HINTS.get(case, "") in line
    assert sorted(os.listdir(tmp_path)) == bad_files


def test_all_problems_of_a_configuration_at_once(lpasim, small):
    done = lpasim("run", small, "--set", "array.rows=0", "--set", "clock_mhz=fast", "--set", "no.such=1")
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) == 3
    for line, path in zip(lines, ("array.rows", "clock_mhz", "no.such"), strict=True):
        assert line.startswith(f"lpasim: {path} must")
