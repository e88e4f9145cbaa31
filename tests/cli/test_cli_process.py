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
    "gemm:20000x20000x20000@w8a8",
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


@pytest.mark.parametrize(
    ("number", "code", "message", "out"),
    [
        (signal.SIGINT, 130, "interrupted", "run"),
        (signal.SIGTERM, 143, "terminated", "deep/run"),
        (signal.SIGHUP, 129, "hung up", "run"),
    ],
)
def test_a_signal_leaves_nothing(tmp_path, number, code, message, out):
    command = [*COMMAND, *SLOW, "--quiet", "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, **pipes, **PLAIN) as process:
        deadline = time.monotonic() + 20
        while not list(tmp_path.rglob("*partial*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        running = process.poll() is None
        process.send_signal(number)
        try:
            stdout, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert running
    assert process.returncode == code
    assert stdout == ""
    assert stderr == f"lpasim: {message}\n"
    assert os.listdir(tmp_path) == []


START = """
import importlib.machinery, signal, sys
class Interrupt(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt)
import runpy
runpy.run_module("lpasim", run_name="__main__", alter_sys=False)
"""


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("lpasim.cli.entry", ""),
        ("lpasim.cli.stops", "lpasim: interrupted\n"),
        ("typer", "lpasim: interrupted\n"),
        ("lpasim.cli.app", "lpasim: interrupted\n"),
        ("pydantic", "lpasim: interrupted\n"),
    ],
)
def test_an_interruption_while_the_program_starts(tmp_path, module, message):
    """Ctrl-C comes when a module is first asked for."""
    command = [sys.executable, "-c", START, module, "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, **PLAIN)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", message)


LOST = """
import signal, time
from lpasim.cli.entry import main
import lpasim.cli.app
def app(**_):
    {body}
    time.sleep(20)
lpasim.cli.app.app = app
main([])
"""


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("exec('signal.raise_signal(signal.SIGINT)')", 130, "interrupted"),
        ("exec('signal.raise_signal(signal.SIGTERM)')", 143, "terminated"),
        (
            "type('Dropped', (), {'__del__': lambda _: signal.raise_signal(signal.SIGTERM)})()",
            143,
            "terminated",
        ),
        ("type('Dropped', (), {'__del__': lambda _: signal.raise_signal(signal.SIGINT)})()", 130, "interrupted"),
    ],
)
def test_a_signal_where_python_loses_exceptions(tmp_path, body, code, message):
    """In code compiled from text, after which Python ends itself by SIGINT; and in a destructor, which drops it."""
    (tmp_path / "lost.py").write_text(LOST.format(body=body))  # a module, as lpasim is: only these end by SIGINT
    command = [sys.executable, "-m", "lost"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=15, **PLAIN)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"lpasim: {message}\n")


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
    assert done.stderr == "lpasim: the report must be written to standard output, got no space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_help_onto_a_full_disk(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, "run", "--help"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, **PLAIN)
    assert (done.returncode, done.stderr) == (2, "lpasim: no space left on device (standard output)\n")


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
    program += "except SystemExit:\n    print(sorted({'pandas', 'onnx'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program, small], cwd=tmp_path, capture_output=True, check=True, **PLAIN
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("encoding", "sizes"), [("ascii", "8x8 PEs"), ("latin-1", "8×8 PEs"), ("utf-8", "8×8 PEs")])
def test_a_terminal_of_few_letters(small, tmp_path, encoding, sizes):
    """What cannot be shown is replaced letter by letter, so that the table stays in line."""
    environment = {**ENVIRONMENT, "COLUMNS": "100", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    done = subprocess.run([*COMMAND, "run", small], cwd=tmp_path, capture_output=True, env=environment)
    assert done.returncode == 0
    text = done.stdout.decode(encoding)
    assert sizes in text
    assert "?" not in text
    rule = text.splitlines()[6].strip()
    assert set(rule) == ({"─"} if encoding == "utf-8" else {"-"})
    assert len(text.splitlines()[5]) - 1 <= len(rule)


def test_json_for_a_terminal_of_few_letters(small, tmp_path):
    command = [*COMMAND, "run", "stöm.json", "--format", "json"]
    (tmp_path / "plain").mkdir()
    made = subprocess.run([*COMMAND, "run", small, "--out", "plain/run"], cwd=tmp_path, capture_output=True, **PLAIN)
    assert made.returncode == 0
    trace = json.loads((tmp_path / "plain/run/trace.json").read_text(encoding="utf-8"))
    (tmp_path / "stöm.json").write_text(json.dumps({**trace, "title": "a×b"}), encoding="utf-8")
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment)
    assert json.loads(done.stdout.decode("ascii"))["workload"]["title"] == "a×b"


@pytest.mark.parametrize("extra", [[], ["--format", "json"], ["--format", "csv"]])
def test_a_file_name_that_is_not_utf_8(small, tmp_path, extra):
    subprocess.run([*COMMAND, "run", small, "--out", "run"], cwd=tmp_path, capture_output=True, check=True, **PLAIN)
    name = b"net\xff.json"
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes((tmp_path / "run/trace.json").read_bytes())
    command = [*COMMAND, "run", name, "--out", "again", *extra]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8")
    assert json.loads((tmp_path / "again/run.json").read_bytes())["arguments"]["workload"] == os.fsdecode(name)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed(small, tmp_path, closed):
    line = f'exec "$0" -m lpasim run {small} --out run {closed}'
    done = subprocess.run(["sh", "-c", line, sys.executable], cwd=tmp_path, capture_output=True, **PLAIN)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["schema"] == "lpasim-run"


@pytest.mark.parametrize("columns", ["60", "80", "140"])
def test_columns_of_the_environment(small, tmp_path, columns):
    environment = {**ENVIRONMENT, "COLUMNS": columns, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*COMMAND, "run", small], cwd=tmp_path, capture_output=True, env=environment, check=True)
    longest = max(len(line) for line in done.stdout.decode().splitlines())
    assert int(columns) - 20 < longest <= int(columns)


def test_too_little_memory_is_told_in_one_line(tmp_path):
    program = "import sys\nimport lpasim.reports.simulate as simulate\nfrom lpasim.cli.entry import main\n"
    program += "simulate.run = lambda *_, **__: bytearray(1 << 60)\nmain(sys.argv[1:])"
    arguments = ("run", "gemm:8x8x8@w4a8", "--out", "made")
    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, **PLAIN)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lpasim: memory must be enough for what is asked for, got too little\n"
    assert not (tmp_path / "made").exists()
