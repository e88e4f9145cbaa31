"""Strict YAML: what is read, and what is refused with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import HardwareError
from lpasim.hardware.document import read_document, write_document


def read(tmp_path: Path, text: str | bytes) -> dict[str, object]:
    path = tmp_path / "chip.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_document(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E+2", 100.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("010", 10),
        ("-7", -7),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("1.0e", "1.0e"),
        ("500 MHz", "500 MHz"),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ("9" * 40, "9" * 40),
        ("[1, 2]", [1, 2]),
    ],
)
def test_scalars_follow_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    got = read(tmp_path, f"a: {text}")["a"]
    assert got == value
    assert type(got) is type(value)


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, "\N{ZERO WIDTH NO-BREAK SPACE}a: 1") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "key 'a' is given twice ({path}, line 3, column 1)"),
        ("a:\n  b: 1\n  b: 1\n", "key 'b' is given twice ({path}, line 3, column 3)"),
        ("1: 2\n", "a key must be text, not 1 ({path}, line 1, column 1)"),
        ("a: &x 1\nb: *x\n", "an alias is not supported ({path}, line 2, column 4)"),
        ("a: !!int x\n", "a tag is not supported ({path}, line 1, column 4)"),
        ("a: !!python/name:os.system\n", "a tag is not supported ({path}, line 1, column 4)"),
        ("a: 1\n---\nb: 1\n", "another document ({path}, line 2, column 1)"),
        ("a: {b: 1,", "found '<stream end>' ({path}, line 1, column 10)"),
        ('a: "b', "found unexpected end of stream ({path}, line 1, column 6)"),
        ("a:\n\tb: 1\n", "cannot start any token ({path}, line 2, column 1)"),
        ("a: b: c\n", "mapping values are not allowed here ({path}, line 1, column 5)"),
        ("a: \0\n", "special characters are not allowed ({path})"),
    ],
)
def test_bad_yaml_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HardwareError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith("hardware file must be valid YAML, got: ")
    assert str(caught.value).endswith(message.format(path=tmp_path / "chip.yaml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must hold a mapping, got nothing"),
        (b"# only a comment\n", "must hold a mapping, got nothing"),
        (b"- 1\n", "must hold a mapping, got a list"),
        (b"hello", "must hold a mapping, got a single value"),
        (b"a: \xff\xfe", "must be UTF-8 text, got a stray byte at 3"),
        (b"\x89PNG\r\n", "must be UTF-8 text, got a stray byte at 0"),
        (b"[" * 20000, "must hold sections of keys, got too deep a nesting"),
        (b"#" * (2**20 + 1), "must be at most 1048576 B, got a larger one"),
    ],
)
def test_file_of_another_kind(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(HardwareError) as caught:
        read(tmp_path, data)
    assert str(caught.value) == f"hardware file {message} ({tmp_path / 'chip.yaml'})"


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="must exist, got none"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(HardwareError, match="must be a file, got a directory"):
        read_document(tmp_path)
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    with pytest.raises(HardwareError, match=r"must be readable, got: .*symbolic links"):
        read_document(loop)


SCALARS = st.one_of(st.text(max_size=30), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False))


@given(
    st.dictionaries(st.text(max_size=12), st.one_of(SCALARS, st.dictionaries(st.text(max_size=5), SCALARS)), min_size=1)
)
def test_written_document_reads_back(tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(write_document(document), encoding="utf-8", newline="")
    assert read_document(path) == document
