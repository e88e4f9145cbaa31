"""Every block of Python in README and the manual runs, and gives the values that its comments say."""

from __future__ import annotations

import ast
import subprocess
import sys

import docs_sandbox
import pytest
from docs_pages import PYTHON, all_blocks

FRAGMENTS = {"docs/operators.md", "docs/bring-format.md"}
"""Pages whose Python belongs into modules of lpasim: test_docs_extensions.py puts it there."""


def expected(source: str) -> dict[int, object]:
    """Return line -> the value that the comment behind an expression states, where it is a literal."""
    lines, found = source.splitlines(), {}
    for statement in ast.parse(source).body:
        line = lines[statement.end_lineno - 1]
        if isinstance(statement, ast.Expr) and "  # " in line:
            try:
                found[statement.lineno] = ast.literal_eval(line.split("  # ", 1)[1])
            except (ValueError, SyntaxError):
                continue
    return found


def checked(source: str) -> str:
    """Return a program that runs the block and compares every expression with the value that its comment states."""
    tree, values = ast.parse(source), expected(source)
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.Expr) and statement.lineno in values:
            value = ast.parse(repr(values[statement.lineno]), mode="eval").body
            message = ast.Constant(f"line {statement.lineno}: must be {values[statement.lineno]!r}")
            tree.body[index] = ast.Assert(ast.Compare(statement.value, [ast.Eq()], [value]), message)
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize("block", [block for block in all_blocks(PYTHON) if block.page not in FRAGMENTS], ids=str)
def test_a_block_of_python(block, environment, shelf, tmp_path):
    docs_sandbox.lay_out(shelf, tmp_path, block.text)
    run = [sys.executable, "-W", "error", "-c", checked(block.text)]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_a_comment_that_states_another_value_is_seen():
    exec(checked("x = [1, 2]\nx[0]  # 1\nx  # a list\n"), {})
    with pytest.raises(AssertionError, match="line 2: must be 2"):
        exec(checked("x = [1, 2]\nx[0]  # 2\n"), {})
