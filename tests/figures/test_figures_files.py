"""Files of figures: the same bytes each time, fonts embedded, no dates, all or none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib

import pytest
from figure_cases import source

from lpasim.errors import OutputError, ResultsError
from lpasim.reports.figures.drawing import data_of, draw, find_kind, source_of
from lpasim.reports.figures.files import default_folder, draw_all, write_all
from lpasim.reports.figures.kind import Options
from lpasim.reports.figures.registry import KINDS
from lpasim.reports.figures.style import FORMS, STYLES, Page, encode

OF_A_RUN = ["latency", "utilization", "layer-energy", "energy", "area", "roofline", "bits"]


def drawn(source, kinds=None, forms=("svg",), **options):
    chosen = None if kinds is None else [find_kind(name) for name in kinds]
    return draw_all(source, chosen, Page(), forms, Options(**options))


@pytest.fixture(scope="module")
def roofline(runs) -> dict[str, bytes]:
    ((found,), _) = drawn(runs["long"], ["roofline"], FORMS)
    return found.files


def test_the_same_bytes_in_another_process(runs, roofline, tmp_path):
    code = (
        "import pathlib, sys; from lpasim.quantization.trace_file import read_trace; import lpasim;"
        "from lpasim.reports.figures.files import *; from lpasim.reports.figures.drawing import *;"
        "from lpasim.reports.figures.style import FORMS, Page; from lpasim.reports.figures.kind import Options;"
        "run = source_of(lpasim.simulate(read_trace(pathlib.Path(sys.argv[1]))));"
        "found = draw_all(run, [find_kind('roofline')], Page(), FORMS, Options())[0];"
        "write_all(found, pathlib.Path(sys.argv[2]))"
    )
    from lpasim.quantization.trace_file import write_trace

    write_trace(runs["long"].trace, tmp_path / "trace.json")
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: none\npdf.fonttype: 3\n")
    settings = {"PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path / "trace.json"), str(tmp_path / "out")]
    subprocess.run(command, check=True, env={**os.environ, **settings}, timeout=120)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == roofline


@pytest.mark.parametrize(("kind", "name"), [("heatmap", "many"), ("parallel", "linked"), ("compare", "pair")])
def test_the_same_bytes_twice(kind, name, runs, studies):
    made_of = source(name, runs, studies)
    once, twice = (drawn(made_of, [kind], ("pdf", "svg"))[0][0].files for _ in range(2))
    assert once == twice


def test_fonts_are_embedded_as_truetype(roofline):
    pdf = roofline["roofline.pdf"]
    streams = [zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)endstream", pdf, re.DOTALL)]
    whole = pdf + b"".join(streams)
    assert b"/FontFile2" in whole
    assert b"/Type3" not in whole
    assert b"CreationDate" not in whole


def test_svg_files_draw_their_letters(roofline):
    svg = roofline["roofline.svg"].decode()
    assert "<text" not in svg
    assert "<image" not in svg
    assert "<dc:date>" not in svg


@pytest.mark.parametrize("width", ["single", "double"])
def test_png_files_have_300_dots_an_inch(runs, width):
    page = Page(width=width)
    png = encode(draw(find_kind("area"), data_of(find_kind("area"), runs["one"]), page), "png", page)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == round(300 * page.width_in)


def test_kinds_by_default(runs, studies):
    for name, kinds in (("one", OF_A_RUN), ("linked", ["pareto", "parallel", "heatmap", "scaling"])):
        found, left_out = drawn(source(name, runs, studies), forms=())
        assert ([each.kind.name for each in found], left_out) == (kinds, [])
    assert [each.kind.name for each in drawn((runs["resnet"], runs["int8"]), forms=())[0]] == ["compare"]


def test_what_a_study_cannot_show_is_left_out(one_axis):
    found, left_out = drawn(one_axis, forms=())
    assert [each.kind.name for each in found] == ["pareto", "parallel"]
    assert [reason.split(" must ")[0] for reason in left_out] == ["left out: heatmap", "left out: scaling"]
    with pytest.raises(ResultsError, match="heatmap must have a study of two axes, got 1"):
        drawn(one_axis, ["heatmap"])


@pytest.fixture(scope="module")
def one_axis(tmp_path_factory):
    from study_cases import write_study

    path = tmp_path_factory.mktemp("one") / "study"
    return source_of(write_study(path, ["gemm:32x32x32@w4a8"], {"clock_mhz": [250, 500]}))


def test_all_files_or_none(runs, tmp_path):
    found, _ = drawn(runs["one"], ["area", "energy"], forms=())
    (tmp_path / "out" / "energy.csv").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"figure must be written to a plain file, got a folder \(.*energy\.csv\)"):
        write_all(found, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["energy.csv"]


def test_no_folder_is_left_where_nothing_can_be_written(runs, tmp_path):
    found, _ = drawn(runs["one"], ["area"], forms=())
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputError, match="figures must be written to a folder, got"):
        write_all(found, tmp_path / "file" / "deep")
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "precious"


def test_files_beside_them_stay(runs, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    files = write_all(drawn(runs["one"], ["area"])[0], tmp_path)
    assert [file.name for file in files] == ["area.csv", "area.svg"]
    assert sorted(os.listdir(tmp_path)) == ["area.csv", "area.svg", "notes.txt"]


def test_figures_never_go_among_results(runs, studies):
    found, _ = drawn(runs["one"], ["area"], forms=())
    with pytest.raises(OutputError, match="must go to a folder of their own"):
        write_all(found, studies["many"].path)
    assert default_folder(studies["many"]) == studies["many"].path / "figures"


def test_names_are_used_once():
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert len({style.name for style in STYLES}) == len(STYLES)
