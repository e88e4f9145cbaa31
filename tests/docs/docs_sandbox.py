"""Files that the pages presuppose: small stand-ins for the reader's own network, pictures, accelerator and tables."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from docs_pages import ROOT, blocks
from onnx import TensorProto, helper, numpy_helper

from lpasim.cost.cost_map import DEFAULT_MAP
from lpasim.quantization.trace_file import write_trace
from lpasim.quantization.workload import load_workload

CLASSES = 10
PICTURES = [f"picture{number:02}.png" for number in range(8)]
FOLDERS = ("photos", "others", "imagenet_val")
MODELS = ("model.onnx", "path/to/model.onnx", "net.onnx", "squeezenet1_1.onnx")
TRACES = ("model.json", "net.json", "squeezenet1_1.w8.json")
WRITTEN = {
    "my-chip.yaml": ("docs/hardware.md", "extends: lpa"),
    "mine.yaml": ("docs/hardware.md", "extends: lpa"),
    "wide.yaml": ("docs/bring-accelerator.md", "extends: lpa"),
    "ours.yaml": ("docs/bring-prices.md", "extends: lpa"),
    "map.yaml": ("docs/cost-model.md", "lpasim-cost-map"),
    "evaluation.yaml": ("docs/infer.md", "shorter: 256"),
    "space.yaml": ("docs/sweep.md", "lpasim-space"),
}
"""File -> the page, and a text in the block of that page, which the file holds."""
STUDY = "sweep fashion --axis array.rows=8,16 --axis array.cols=8,16 --axis dram.preset=lpddr4-3200,hbm2"
RUN = "run fashion --out runs/lpa"
MADE = {
    "results/pe": (f"{STUDY} --name pe",),
    "results/pe-study": (f"{STUDY} --name pe-study",),
    "runs/lpa": (RUN, "plot runs/lpa --kind latency --format svg"),
}
"""Folder of results that pages begin with -> the commands of lpasim that make a small one."""

READ = {"name": "read", "arguments": {"address_delta": 1, "data_delta": 1}}


def fill(shelf: Path) -> None:
    """Make every file on an empty shelf."""
    for name in MODELS:
        (shelf / name).parent.mkdir(parents=True, exist_ok=True)
        (shelf / name).write_bytes(_network().SerializeToString())
    trace = load_workload(str(shelf / "model.onnx"))
    for name in TRACES:
        write_trace(trace, shelf / name)
    for name, (page, mark) in WRITTEN.items():
        (shelf / name).write_text(yaml_of(page, mark), encoding="utf-8")
    labels = [f"{name},{number % CLASSES}" for number, name in enumerate(PICTURES)]
    (shelf / "labels.csv").write_text("\n".join(["file,label", *labels, ""]), encoding="utf-8")
    for name, text in _tables().items():
        (shelf / name).write_text(text, encoding="utf-8")
    (shelf / "benchmarks").symlink_to(ROOT / "benchmarks")


def fill_pictures(shelf: Path) -> None:
    """Make the folders of pictures, which needs Pillow."""
    from PIL import Image

    random = np.random.default_rng(0)
    for folder in FOLDERS:
        (shelf / folder).mkdir()
        for name in PICTURES:
            pixels = random.integers(0, 256, (7, 7, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((227, 227)).save(shelf / folder / name)


def lay_out(shelf: Path, folder: Path, text: str) -> None:
    """Copy what a text names from the shelf into a folder; `benchmarks` as a link."""
    make(shelf, folder, text)
    for source in sorted(shelf.rglob("*")):
        name = source.relative_to(shelf).as_posix()
        if name not in text or (folder / name).exists() or name.startswith("made"):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            (folder / name).symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)


def make(shelf: Path, folder: Path, text: str) -> None:
    """Copy the folders of results that a text names, and does not make itself; each is made when it is first named."""
    for name, commands in MADE.items():
        kept = shelf / "made" / name
        if re.search(rf'({name}|"{kept.name}")(?![\w-])', text) and f"--out {name}" not in text:
            for command in () if kept.exists() else commands:
                (shelf / "made").mkdir(exist_ok=True)
                call = [sys.executable, "-m", "lpasim", *command.split()]
                environment = {**os.environ, "PYTHONPATH": str(ROOT)}
                subprocess.run(call, cwd=shelf / "made", env=environment, check=True, capture_output=True)
            shutil.copytree(kept, folder / name)


def yaml_of(page: str, mark: str) -> str:
    """Return the one YAML block of a page that holds a text: the pages' own examples are what commands run on."""
    (text,) = (block.text for block in blocks(page) if block.language == "yaml" and mark in block.text)
    return text


def _network() -> onnx.ModelProto:
    """Return a network of photographs, 3 x 224 x 224 to class scores, small enough to take no time."""
    random = np.random.default_rng(1)
    shapes = {
        "stem.w": (8, 3, 8, 8),
        "fire2.squeeze.w": (8, 8, 1, 1),
        "fire2.expand.w": (16, 8, 3, 3),
        "scores.w": (CLASSES, 16),
    }
    weights = [
        numpy_helper.from_array(random.normal(0, 0.15, shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    nodes = [
        helper.make_node("Conv", ["images", "stem.w"], ["a"], "stem", strides=[8, 8]),
        helper.make_node("Relu", ["a"], ["b"], "stem.relu"),
        helper.make_node("Conv", ["b", "fire2.squeeze.w"], ["c"], "fire2.squeeze"),
        helper.make_node("Relu", ["c"], ["d"], "fire2.squeeze.relu"),
        helper.make_node("Conv", ["d", "fire2.expand.w"], ["e"], "fire2.expand", strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["e"], ["f"], "fire2.expand.relu"),
        helper.make_node("GlobalAveragePool", ["f"], ["g"], "mean"),
        helper.make_node("Flatten", ["g"], ["h"], "flat"),
        helper.make_node("Gemm", ["h", "scores.w"], ["scores"], "scores", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", CLASSES])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _tables() -> dict[str, str]:
    """Return reference tables: with lpasim's names of components, and with other ones for the page's map."""
    priced = [entry for entry in DEFAULT_MAP.entries if entry.action]
    ours = [
        {"name": name, "actions": [{"name": entry.action, "energy": 1} for entry in priced if entry.component == name]}
        for name in dict.fromkeys(entry.component for entry in priced)
    ]
    areas = [{"name": entry.component, "area": "200 um2"} for entry in DEFAULT_MAP.entries if not entry.action]
    own = [
        {"name": "chip.PE[0..63]", "actions": [{"name": "mac_random", "energy": 0.5}]},
        {"name": "chip.glb", "actions": [{**READ, "energy": 8.5}, {"name": "leak", "energy": 0.01}]},
        {"name": "chip.DRAM", "actions": [{"name": "read", "energy": 512}]},
        {"name": "chip.noc", "actions": [{"name": "transfer", "energy": 1}]},
    ]
    tables = {
        "ERT.yaml": {"ERT": {"version": 0.4, "tables": ours}},
        "ART.yaml": {"ART": {"version": 0.4, "tables": areas}},
        "chip.ERT.yaml": {"ERT": {"version": 0.4, "tables": own}},
        "chip.ART.yaml": {"ART": {"version": 0.4, "tables": [{"name": "chip.PE[0..63]", "area": 211}]}},
    }
    return {name: json.dumps(table) for name, table in tables.items()}
