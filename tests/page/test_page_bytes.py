"""The same folder gives the same bytes, whatever the process, the place and the day."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest


@pytest.mark.parametrize("kind", ["run", "study"])
def test_another_process_and_another_place_give_the_same_bytes(request, tmp_path, kind):
    source = request.getfixturevalue("run_path") if kind == "run" else request.getfixturevalue("study")[0]
    copy = tmp_path / "elsewhere" / source.name
    shutil.copytree(source, copy)
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    command = [sys.executable, "-m", "lpasim", "report", str(copy), "--quiet"]
    subprocess.run(command, check=True, env=environment)
    assert (copy / "report.html").read_bytes() == request.getfixturevalue(f"{kind}_html")


@pytest.mark.parametrize("kind", ["run", "study"])
def test_the_page_holds_no_path_and_no_day(request, tmp_path_factory, kind):
    html = request.getfixturevalue(f"{kind}_html").decode()
    ours = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert str(tmp_path_factory.getbasetemp()) not in html
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", ours)
