"""The program as a process: signals, pipes, full disks, and other directories."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lpasim

ROOT = str(Path(lpasim.__file__).parents[1])
COMMAND = (sys.executable, "-m", "lpasim")
SLOW = (
    "run",
    "gemm:100000x20000x20000@w8a8",
    "--set",
    "array.rows=4",
    "--set",
    "array.cols=4",
    "--set",
    "buffers.weight=4 KiB",
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": ROOT}
"""The processes run the lpasim that these tests import."""
PLAIN = {"text": True, "stdin": subprocess.DEVNULL, "env": ENVIRONMENT}


def test_from_another_directory(small, tmp_path):
    done = subprocess.run([*COMMAND, "run", small, "--format", "json"], cwd=tmp_path, capture_output=True, **PLAIN)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["macs"] == 6000
    assert done.stderr.startswith("results: results/")


@pytest.mark.parametrize("out", ["run", "deep/run"])
def test_ctrl_c_leaves_nothing(tmp_path, out):
    command = [*COMMAND, *SLOW, "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, **pipes, **PLAIN) as process:
        deadline = time.monotonic() + 20
        while not list(tmp_path.rglob("*partial*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        running = process.poll() is None
        process.send_signal(signal.SIGINT)
        try:
            stdout, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert running
    assert process.returncode == 130
    assert stdout == ""
    assert stderr == "lpasim: interrupted\n"
    assert os.listdir(tmp_path) == []


def test_a_disk_that_fills_up_leaves_nothing(small, tmp_path):
    """A limit on the size of files stands for a full disk: both are an OSError in the middle of writing."""
    done = subprocess.run(
        [*COMMAND, "run", small, "--out", "run"],
        cwd=tmp_path,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)),
        **PLAIN,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "lpasim: the results must be written to run, got file too large\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", [("run", "SMALL", "--quiet"), ("--version",), ("list", "hardware")])
def test_standard_output_that_is_full(small, tmp_path, command):
    args = [small if arg == "SMALL" else arg for arg in command]
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, *args], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, **PLAIN)
    assert done.returncode == 2
    assert done.stderr == "lpasim: no space left on device\n"


@pytest.mark.parametrize(
    "command", [("run", "SMALL", "--quiet", "--format", "json"), ("show", "hardware"), ("--help",)]
)
def test_a_reader_who_goes_away(small, tmp_path, command):
    args = [small if arg == "SMALL" else arg for arg in command]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, *args], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, **PLAIN)
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission(small, tmp_path):
    tmp_path.chmod(0o555)
    done = subprocess.run([*COMMAND, "run", small], cwd=tmp_path, capture_output=True, **PLAIN)
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_help_loads_no_numerical_library(tmp_path):
    program = (
        "import sys\nfrom lpasim.cli.entry import main\ntry:\n    main(['run', '--help'])\nexcept SystemExit:\n    "
    )
    program += "print(sorted({'numpy', 'pandas', 'pyarrow', 'simpy', 'onnx', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True, **PLAIN)
    assert done.stdout.splitlines()[-1] == "[]"


def test_run_loads_no_data_frames(small, tmp_path):
    program = "import sys\nfrom lpasim.cli.entry import main\ntry:\n    main(['run', sys.argv[1], '-q'])\n"
    program += "except SystemExit:\n    print(sorted({'pandas', 'matplotlib', 'onnx'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program, small], cwd=tmp_path, capture_output=True, check=True, **PLAIN
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_terminal_of_latin_letters(small, tmp_path):
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "run", small], cwd=tmp_path, capture_output=True, env=environment)
    assert done.returncode == 0
    assert b"?" in done.stdout
