"""What a killed process left behind goes with the next one; what is not its, stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from lpasim import leavings
from lpasim.leavings import owner, remove_leavings
from lpasim.reports.staging import FolderKind, staged_folder
from lpasim.whole_file import LONGEST_NAME, write_whole

KIND = FolderKind("lpasim-run", "run.json", ("run.json",), is_shown=True)
MARK = '{"schema": "lpasim-run"}'
DIE = """
import os, signal, sys
from pathlib import Path
from lpasim.reports.staging import FolderKind, staged_folder
from lpasim.whole_file import stream_whole
kind = FolderKind("lpasim-run", "run.json", ("run.json",))
with staged_folder(Path(sys.argv[1]), kind) as staging, stream_whole(Path(sys.argv[2]), "page") as text:
    (staging / "run.json").write_text("{")
    text.write("half")
    text.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write(path, content=MARK):
    with staged_folder(path, KIND) as staging:
        (staging / "run.json").write_text(content)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("exists", [False, True])
def test_the_next_writer_clears_away_what_was_left_by_kill_9(tmp_path, exists):
    path, page = tmp_path / "run", tmp_path / "page.html"
    if exists:
        path.mkdir()
    killed = subprocess.run([sys.executable, "-c", DIE, path, page], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.rglob(".*"))) == 2
    write(path)
    write_whole(b"page", page, "page")
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*")) == [
        "page.html",
        "run",
        "run/run.json",
    ]


def test_what_belongs_to_others_stays(tmp_path):
    machine, own, process, _ = owner().split("-")
    others = [
        f".run.partial-{owner()}",
        f".run.partial-{machine}-{os.getppid()}-0000-0",
        ".run.partial-zzzz-9999999-0000-0",
        f".runs.partial-{machine}-9999999-0000-0",
        f".run.partial-{machine}-1x-0000-0",
        f".run.partial-{machine}",
    ]
    earlier = f"{int(process, 16) ^ 1:04x}"
    gone = [f".run.partial-{machine}-9999999-0000-0", f".run.partial-{machine}-{own}-{earlier}-0"]
    for name in (*others, *gone):
        (tmp_path / name).mkdir()
    write(tmp_path / "run")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "run"])


def test_two_at_once_in_one_process_leave_each_other_alone(tmp_path):
    with staged_folder(tmp_path / "run", KIND) as staging:
        (staging / "run.json").write_text(MARK)
        write(tmp_path / "run")
    assert os.listdir(tmp_path) == ["run"]


def test_links_are_removed_and_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(leavings, "_is_alive", lambda number, process: False)
    (tmp_path / "precious").mkdir()
    (tmp_path / f".x.{owner()}.part").symlink_to("precious", target_is_directory=True)
    remove_leavings(tmp_path, ".x.", ".part")
    assert os.listdir(tmp_path) == ["precious"]


def test_the_longest_name_can_be_written(tmp_path):
    write_whole(b"", tmp_path / ("n" * LONGEST_NAME), "page")


def test_page_and_figures_stay_while_the_results_do_and_go_with_them(tmp_path):
    path = tmp_path / "run"
    write(path)
    (path / "figures").mkdir()
    shown = [path / "report.html", path / "figures" / "latency.pdf", path / "figures" / "latency.csv"]
    mine = path / "figures" / "mine.pdf"
    for file in (*shown, mine):
        file.write_text("")
    write(path)
    assert all(file.is_file() for file in (*shown, mine))
    write(path, MARK + "\n")
    assert not any(file.exists() for file in shown)
    assert mine.is_file()
    mine.rename(path / "figures" / "area.svg")
    write(path)
    assert [file.name for file in path.iterdir()] == ["run.json"]
