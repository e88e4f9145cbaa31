"""The widths of the datapath in a description: defaults, bounds, older files, and what they become."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.datapath.parameters import RANGES, Datapath
from lpasim.errors import HardwareError
from lpasim.hardware import Hardware, datapath_of, load_hardware, to_yaml
from lpasim.hardware.document import read_document, write_document

LPA = load_hardware("lpa")
WIDTHS = ("converter_in_bits", "converter_out_bits", "psum_fraction_bits", "encoder_in_bits")
BOUNDS = [("converter_in_bits", 0, 16), ("psum_fraction_bits", 8, 16), ("encoder_in_bits", 1, 16)]
ROOM = "psum_fraction_bits=16"  # so that the converter may give any width


def problem(name: str, *overrides: str) -> str:
    with pytest.raises(HardwareError) as caught:
        load_hardware(name, overrides)
    return str(caught.value)


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole description of version 1 from before there was a section `datapath`."""
    monkeypatch.chdir(tmp_path)
    path = Path("older.yaml")
    path.write_text(to_yaml(LPA))
    document = read_document(path)
    del document["datapath"]
    path.write_text(write_document(document))
    return path


def test_lpa_is_the_documented_datapath() -> None:
    assert datapath_of(LPA.hardware) == Datapath()
    assert asdict(Datapath()) == {
        "rows": 8, "converter_in_bits": 6, "converter_out_bits": 8, "psum_fraction_bits": 8, "encoder_in_bits": 8,
    }  # fmt: skip
    assert {f"datapath.{name}" for name in WIDTHS} - set(LPA.assumptions) == {"datapath.psum_fraction_bits"}
    assert "poster of [lpa]" in LPA.sources["datapath.psum_fraction_bits"].text


def test_the_manual_states_defaults_and_ranges() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "hardware.md").read_text(encoding="utf-8").splitlines()
    for name, (lowest, highest) in RANGES.items():
        start = f"| `datapath.{name}` | bit | {getattr(Datapath(), name)} bit | {lowest} .. {highest}, whole |"
        assert sum(line.startswith(start) for line in lines) == 1


def test_an_older_file_means_the_default_widths_and_says_so(older: Path) -> None:
    resolved = load_hardware("older.yaml")
    assert resolved.hardware == LPA.hardware
    for name in WIDTHS:
        source = resolved.sources[f"datapath.{name}"]
        assert (source.text, source.assumption) == ("default of lpasim: the file does not say", True)
    assert list(resolved.sources) == list(LPA.sources)
    older.write_text(to_yaml(resolved))
    assert load_hardware("older.yaml") == resolved
    assert datapath_of(load_hardware("older.yaml", "datapath.encoder_in_bits=3").hardware).encoder_in_bits == 3


def test_an_older_file_with_a_narrow_partial_sum_still_runs_but_computes_no_numbers(older: Path) -> None:
    """Its cycles and energy need no fraction."""
    hardware = load_hardware("older.yaml", ["array.psum_bits=9", "name=narrow"]).hardware
    with pytest.raises(HardwareError) as caught:
        datapath_of(hardware)
    rule = "at least 10 bit for a sign, 8 bits of fraction (datapath.psum_fraction_bits) and an exponent"
    assert str(caught.value) == f"array.psum_bits must be {rule}, got 9 bit (narrow)"
    assert datapath_of(load_hardware("older.yaml", "array.psum_bits=10").hardware) == Datapath()
    widest = load_hardware("older.yaml", ["array.psum_bits=18", f"datapath.{ROOM}"]).hardware
    assert datapath_of(widest) == Datapath(psum_fraction_bits=16)


def test_a_description_in_python_may_leave_the_widths_out() -> None:
    content = LPA.hardware.model_dump(by_alias=True)
    del content["datapath"]
    assert Hardware.model_validate(content) == LPA.hardware


@pytest.mark.parametrize(("name", "least", "greatest"), [*BOUNDS, ("converter_out_bits", 2, 12)])
def test_bounds(name: str, least: int, greatest: int) -> None:
    path, more = f"datapath.{name}", [] if name == "psum_fraction_bits" else [f"datapath.{ROOM}"]
    for value in (least, greatest):
        assert getattr(datapath_of(load_hardware("lpa", [*more, f"{path}={value}"]).hardware), name) == value
    for value, rule in ((least - 1, f"at least {least} bit"), (greatest + 1, f"at most {greatest} bit")):
        assert problem("lpa", *more, f"{path}={value}").startswith(f"{path} must be {rule}, ")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("8 B", "have a unit such as bit"),
        ("7.5", "be a whole number of bit"),
        ("x", "be a number with a unit such as bit"),
        ("", "be a number with a unit such as bit"),
    ],
)
def test_a_width_is_a_number_of_bits(value: str, rule: str) -> None:
    setting = f"datapath.encoder_in_bits={value}"
    assert problem("lpa", setting) == f"datapath.encoder_in_bits must {rule}, got {value!r} (--set {setting})"


def test_a_partial_sum_holds_a_product(older: Path) -> None:
    path = "datapath.psum_fraction_bits"
    rule = "must be at least 9 bit, as wide as a product (datapath.converter_out_bits), got 8 bit"
    set_ = "datapath.converter_out_bits=9"
    cause = f"datapath.converter_out_bits must go with the other values, got '9' (--set {set_})"
    assert problem("lpa", set_) == f"{cause}: {path} {rule} (preset lpa)"
    assert problem("older.yaml", set_) == f"{cause}: {path} {rule} (default)"
    assert problem("lpa", f"{path}=7").endswith(f"got 7 bit (--set {path}=7)")
    both = problem("lpa", "datapath.converter_out_bits=12", f"{path}=x").splitlines()
    assert len(both) == 1  # whatever x was meant to be, it may be wide enough
    assert "got 'x'" in both[0]


@given(st.fixed_dictionaries({name: st.integers(-1, 18) for name in WIDTHS}), st.integers(0, 20))
def test_a_description_takes_what_the_datapath_takes(widths: dict[str, int], rows: int) -> None:
    """The ranges are those of the datapath itself, on every side of every bound."""
    settings = {f"datapath.{name}": value for name, value in widths.items()} | {"array.rows": rows}
    try:
        wanted = Datapath(rows, **widths)
    except ValueError:
        wanted = None
    try:
        got = datapath_of(load_hardware("lpa", settings).hardware)
    except HardwareError:
        got = None
    assert got == wanted


def test_only_log_posits_have_this_datapath():
    with pytest.raises(HardwareError, match=r"words.formats must hold lp .* got flint, uflint, int, pot, upot \(ant\)"):
        datapath_of(load_hardware("ant").hardware)
