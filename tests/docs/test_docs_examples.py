"""The examples of the manual run, and their pages show what they print."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location

import pytest
from docs_pages import ROOT

EXAMPLES = ROOT / "docs" / "examples"


def recorder():
    spec = spec_from_file_location("record", EXAMPLES / "record.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORD = recorder()


@pytest.mark.parametrize("script", RECORD.scripts(), ids=lambda script: script.stem)
def test_a_page_shows_what_its_script_prints(script):
    """Run ``python docs/examples/record.py`` where this fails after a change of the numbers."""
    assert script.with_suffix(".md").read_text(encoding="utf-8") == RECORD.page(script)


def test_every_example_is_on_the_page_of_examples():
    listed = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    for script in RECORD.scripts():
        assert listed.count(f"examples/{script.stem}") == 2, script.stem


def test_cells_are_prose_and_code_in_order():
    source = '"""Not shown."""\n# %% [markdown]\n# # Title\n#\n# Text.\n\n# %%\nx = 1\n\n# %%\nprint(x)\n'
    assert [*RECORD.cells(source)] == [
        (RECORD.PROSE, "# # Title\n#\n# Text.\n"),
        (RECORD.CELL, "x = 1\n"),
        (RECORD.CELL, "print(x)\n"),
    ]
