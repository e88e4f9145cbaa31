"""What the manual says to add to lpasim, for a number format or an operator, works when it is added."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from docs_pages import PYTHON, blocks
from test_docs_python import FRAGMENTS, checked

FILE = re.compile(r"^# (lpasim/[a-z_/]+)\.py$", re.M)
DRIVER = """
import importlib, json, sys, types
from importlib.util import find_spec

for name, source in json.loads(sys.stdin.read()):
    if name not in sys.modules and name != "__main__" and find_spec(name) is None:
        parent, _, child = name.rpartition(".")
        sys.modules[name] = types.ModuleType(name)
        setattr(importlib.import_module(parent), child, sys.modules[name])
    exec(compile(source, name, "exec"), vars(importlib.import_module(name)))
"""
INSPECT = """
from lpasim.cli.entry import main

main(["inspect", "0b0101", "--format", "fp4,2,1"])
"""
SHRINK = """
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from lpasim.networks.execution import Executor
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.workload import load_workload

shape = [2, 3]
node = helper.make_node("Shrink", ["x"], ["y"], "node", lambd=1.0, bias=0.25)
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
graph = helper.make_graph([node], "test", ends[:1], ends[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
x = np.linspace(-2, 2, 6, dtype=np.float32).reshape(shape)
(got,) = Executor(import_model(model, "test")).run({"x": x}).values()
np.testing.assert_array_equal(got, ReferenceEvaluator(model).run(None, {"x": x})[0])
open("net.onnx", "wb").write(model.SerializeToString())
assert [(part.operator, part.elements) for part in load_workload("net.onnx").layers[0].ppu] == [("Shrink", 6)]
"""
AFTER = {"docs/bring-format.md": INSPECT, "docs/operators.md": SHRINK}
"""Page -> a program that uses what its Python adds."""


def steps(page: str) -> list[tuple[str, str]]:
    """Return the page's Python in order: the module that a part belongs to, and its text."""
    found = []
    for block in (block for block in blocks(page) if block.language == PYTHON):
        before, *parts = FILE.split(block.text)
        if before.strip():
            found.append(("__main__", checked(before)))
        for path, text in zip(parts[::2], parts[1::2], strict=True):
            found.append((path.replace("/", "."), text))
    return found


@pytest.mark.parametrize("page", sorted(FRAGMENTS))
def test_an_extension_as_the_page_writes_it(page, environment, tmp_path):
    program = json.dumps([*steps(page), ("__main__", AFTER[page])])
    run = [sys.executable, "-W", "error", "-c", DRIVER]
    done = subprocess.run(run, cwd=tmp_path, env=environment, input=program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
