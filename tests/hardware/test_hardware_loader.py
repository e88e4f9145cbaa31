"""Loading a description: layers and their order, and one clear line for each thing that is wrong."""

from __future__ import annotations

import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import HardwareError
from lpasim.hardware import Source, list_hardware, load_hardware
from lpasim.hardware.keys import HEADER, OPEN_SECTION, keys

TABLES = "technology.sram must be one of cacti7-hp-28nm, cacti7-lop-28nm, cacti7-lstp-28nm"
NAME = "name must be 1 to 200 letters, digits and _ . + @ -, the first a letter, digit or _"
SCHEMA = "schema must be 'lpasim-hardware' in a hardware file"
NO_PRESET = f"hardware must be a preset ({', '.join(list_hardware())}) or a YAML file"
HEAD = "schema: lpasim-hardware\nversion: 1\n"
ON_LPA = HEAD + "extends: lpa\n"
LPA = load_hardware("lpa")


@pytest.fixture
def chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path that messages name as ``chip.yaml``."""
    monkeypatch.chdir(tmp_path)
    return Path("chip.yaml")


def problems(name: str, *overrides: str) -> list[str]:
    with pytest.raises(HardwareError) as caught:
        load_hardware(name, overrides)
    return str(caught.value).splitlines()


def test_file_extends_a_preset(chip: Path) -> None:
    chip.write_text(
        ON_LPA + "array: {rows: 16}\nbuffers: {input: {value: 1 MiB, source: my guess, assumption: true}}\n"
    )
    resolved = load_hardware("chip.yaml")
    assert resolved.hardware.array.rows == 16
    assert resolved.hardware.buffers.input == 2**20
    assert resolved.hardware.array.cols == LPA.hardware.array.cols
    assert resolved.hardware.name == resolved.hardware.title == "chip"
    assert resolved.sources["array.rows"] == Source("chip.yaml", False)
    assert resolved.sources["buffers.input"] == Source("my guess", True)
    assert resolved.sources["array.cols"] == LPA.sources["array.cols"]
    assert "array.rows" not in resolved.assumptions
    assert resolved.assumptions["buffers.input"].text == "my guess"


@pytest.mark.parametrize("name", ["lpa-16", "a_b.c+d@2", "Mikro\N{LATIN SMALL LETTER U WITH DIAERESIS}1", "_"])
def test_names(name: str) -> None:
    assert load_hardware("lpa", {"name": name}).hardware.name == name


@pytest.mark.parametrize(("file", "name"), [("my chip (2)", "my_chip_2_"), (".chip", "_.chip"), ("lpa-16", "lpa-16")])
def test_a_file_s_name_becomes_a_legal_one(chip: Path, file: str, name: str) -> None:
    path = chip.with_name(f"{file}.yaml")
    path.write_text(ON_LPA)
    hardware = load_hardware(str(path)).hardware
    assert (hardware.name, hardware.title) == (name, file)


def test_files_extend_files_beside_them(chip: Path) -> None:
    folder = chip.resolve().parent / "chips"
    folder.mkdir()
    (folder / "base.yaml").write_text(ON_LPA + "array: {rows: 4, cols: 4}\nname: base\n")
    chip.write_text(HEAD + "extends: chips/base.yaml\narray: {rows: 2}\n")
    (folder / "top.yaml").write_text(HEAD + "extends: ../chip.yaml\ntitle: Top\n")
    array = load_hardware(str(folder / "top.yaml")).hardware.array
    assert (array.rows, array.cols) == (2, 4)
    assert load_hardware(str(folder / "top.yaml")).hardware.name == "top"


def test_overrides_win_and_the_last_one_counts() -> None:
    resolved = load_hardware("lpa", ["array.rows=16", "clock_mhz = 1 GHz", "array.rows=32", "ppu.passes.Softmax=5"])
    assert resolved.hardware.array.rows == 32
    assert resolved.hardware.clock_mhz == 1000
    assert resolved.hardware.ppu.passes["Softmax"] == 5
    assert resolved.sources["array.rows"] == Source("set on the command line", False)
    assert "array.rows" not in resolved.assumptions


def test_dram_preset_replaces_values_of_lower_layers_only(chip: Path) -> None:
    chip.write_text(ON_LPA + "dram: {latency_ns: 99, preset: ddr4-2400}\n")
    plain = load_hardware("chip.yaml").hardware.dram
    assert (plain.bandwidth_gbps, plain.latency_ns, plain.burst_bytes) == (19.2, 99, 64)
    other = load_hardware(
        "chip.yaml", ["dram.bandwidth_gbps=100", "dram.preset=hbm2", "dram.model=bandwidth"]
    ).hardware.dram
    assert (other.bandwidth_gbps, other.latency_ns, other.burst_bytes) == (100, 60, 32)
    assert other.energy_pj_per_bit == 3.9


def test_a_custom_dram_needs_values_of_its_own(chip: Path) -> None:
    keys = ("bandwidth_gbps", "burst_bytes", "latency_ns", "energy_pj_per_bit")
    rule = "where dram.preset is custom and dram.model is bandwidth, got none of them (--set dram.preset=custom)"
    assert problems("lpa", "dram.preset=custom") == [f"dram must give {', '.join(keys)} {rule}"]
    rest = ", ".join((keys[0], *keys[2:]))
    assert problems("lpa", "dram.preset=custom", "dram.burst_bytes=32") == [f"dram must give {rest} {rule}"]
    values = {f"dram.{key}": number for key, number in zip(keys, (50, 32, 80, 4.5), strict=True)}
    dram = load_hardware("lpa", {"dram.preset": "custom", **values}).hardware.dram
    assert (dram.bandwidth_gbps, dram.burst_bytes, dram.energy_pj_per_bit, dram.latency_ns) == (50, 32, 4.5, 80)
    chip.write_text(
        ON_LPA + "dram: {preset: custom, bandwidth_gbps: 50, burst_bytes: 32, energy_pj_per_bit: 4.5, latency_ns: 80}\n"
    )
    assert load_hardware("chip.yaml").hardware.dram == dram
    assert load_hardware("chip.yaml", "dram.latency_ns=9").hardware.dram.latency_ns == 9


@pytest.mark.parametrize(
    "overrides",
    [
        {"array.rows": 4, "array.fold_overlap": False, "clock_mhz": "1 GHz"},
        ["array.rows=4", "array.fold_overlap=false", "clock_mhz=1000"],
    ],
)
def test_overrides_by_key_or_as_text(overrides: dict[str, object] | list[str]) -> None:
    hardware = load_hardware("lpa", overrides).hardware
    assert (hardware.array.rows, hardware.array.fold_overlap, hardware.clock_mhz) == (4, False, 1000)


def test_one_override_as_text() -> None:
    assert load_hardware("lpa", "array.rows=4").hardware.array.rows == 4


@pytest.mark.parametrize(
    ("value", "shown"),
    [("null", "nothing"), ("true", "true"), ("[1, 2]", "[1, 2]"), ("'x'", "'x'"), ("False", "false")],
)
def test_values_are_shown_as_yaml_spells_them(chip: Path, value: str, shown: str) -> None:
    chip.write_text(f"{ON_LPA}clock_mhz: {value}\narray: {{rows: {value}}}\nbuffers: {value}\n")
    assert problems("chip.yaml") == [
        f"array.rows must be a number, got {shown} (chip.yaml)",
        f"buffers must be a section of keys, got {shown} (chip.yaml)",
        f"clock_mhz must be a number with a unit such as MHz, got {shown} (chip.yaml)",
    ]


def test_dram_values_keep_the_source_of_their_preset() -> None:
    sources = load_hardware("lpa", ["dram.preset=hbm2", "dram.latency_ns=1 us"]).sources
    assert "[hbm2]" in sources["dram.bandwidth_gbps"].text
    assert sources["dram.latency_ns"].text == sources["dram.preset"].text == "set on the command line"


def test_derived_numbers_are_exact() -> None:
    plain = "dram.model=bandwidth"
    hardware = load_hardware("lpa", ["clock_mhz=333.3", "dram.latency_ns=60", plain]).hardware
    assert hardware.bytes_per_cycle == Fraction(128000, 3333)
    assert hardware.dram_latency_cycles == 20
    assert load_hardware("lpa", ["dram.latency_ns=60.001", plain]).hardware.dram_latency_cycles == 31
    assert load_hardware("lpa", plain).hardware.dram_latency_cycles == 30
    assert LPA.hardware.dram_latency_cycles == 10  # 20 ns of controller and wires, on top of what banks take
    assert LPA.hardware.bytes_per_cycle == Fraction(128, 5)
    assert LPA.hardware.ppu_lanes == 32


def test_all_problems_are_reported_at_once_and_sorted(chip: Path) -> None:
    chip.write_text(
        ON_LPA
        + "array: {rows: 0, colz: 4, psum_bits: [1]}\n"
        + "buffers: {weight: 1, input: 12 Hz}\n"
        + "pe: 3\n"
        + "ppu: {passes: {Relu: x}}\n"
        + "dram: {preset: hbm, bandwidth_gbps: {value: 3, sorce: x}, ideal: 1}\n"
        + "decoder: {area_um2: {value: 1, source: 7}, energy_pj: {value: 1, assumption: maybe}}\n"
        + "name: {value: x}\n"
    )
    lines = problems("chip.yaml", "clock_mhz=nan", "arry.rows=3", "technology.node_nm=45", "pe=4", "schema=x")
    assert lines == sorted(lines)
    assert lines == [
        "array.colz must be a known key, got an unknown one (chip.yaml); did you mean array.cols?",
        "array.psum_bits must be a number with a unit such as bit, got [1] (chip.yaml)",
        "array.rows must be at least 1, got 0 (chip.yaml)",
        "arry.rows must be a known key, got an unknown one (--set arry.rows=3); did you mean array.rows?",
        "buffers.input must have a unit such as B, got '12 Hz' (chip.yaml)",
        "buffers.weight must hold one fold of weights in each half (16 B in all), got 1 B (chip.yaml)",
        "clock_mhz must be a number with a unit such as MHz, got 'nan' (--set clock_mhz=nan)",
        "decoder.area_um2.source must be text, got 7 (chip.yaml)",
        "decoder.energy_pj.assumption must be true or false, got 'maybe' (chip.yaml)",
        "dram.bandwidth_gbps must be a value, or a mapping of value, source, assumption, range, range_source, "
        "scaled_from_nm, scaled_from_v, "
        "got a mapping of value, sorce (chip.yaml)",
        "dram.ideal must be true or false, got 1 (chip.yaml)",
        "dram.preset must be one of ddr4-2400, ddr4-3200, hbm2, lpddr4-3200, lpddr5-6400, custom, got 'hbm' (chip.yaml)"
        "; did you mean hbm2?",
        "name must be a plain value, got a mapping of value (chip.yaml)",
        "pe must be a section of keys, got 3 (chip.yaml)",
        "pe must be set by one of its keys (pe.KEY=VALUE), got a section (--set pe=4)",
        "ppu.passes.Relu must be a number, got 'x' (chip.yaml)",
        "schema must be left to the file, got an override (--set schema=x)",
        "technology.node_nm must be 28 nm, the node of cacti7-lstp-28nm, got 45 nm (--set technology.node_nm=45)",
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("array.rows=-3", "array.rows must be at least 1, got '-3'"),
        ("array.rows=2.5", "array.rows must be a whole number, got '2.5'"),
        ("array.rows=1e9", "array.rows must be at most 65536, got '1e9'"),
        ("array.rows=", "array.rows must be a number, got ''"),
        ("array.psum_bits=0.5 bit", "array.psum_bits must be a whole number of bit, got '0.5 bit'"),
        ("clock_mhz=0", "clock_mhz must be at least 0.001 MHz, got '0'"),
        ("clock_mhz=inf", "clock_mhz must be a number with a unit such as MHz, got 'inf'"),
        ("clock_mhz=1e999", "clock_mhz must be at most 1000000.0 MHz, got '1e999'"),
        ("clock_mhz=-1e999", "clock_mhz must be at least 0.001 MHz, got '-1e999'"),
        ("clock_mhz=5 s", "clock_mhz must have a unit such as MHz, got '5 s'"),
        ("pe.area_um2=-1", "pe.area_um2 must be at least 0 um2, got '-1'"),
        ("buffers.weight=1.5 B", "buffers.weight must be a whole number of B, got '1.5 B'"),
        (
            "buffers.weight=128 KB",
            "buffers.weight must have a unit such as B (kB for 1000 or KiB for 1024; KB may mean either), got '128 KB'",
        ),
        (
            "buffers.output=191",
            "buffers.output must hold one partial sum of each lane in each half (192 B in all), got 191 B",
        ),
        ("dram.ideal=yes", "dram.ideal must be true or false, got 'yes'"),
        ("name= ", f"{NAME}, got ''"),
        ("name=../../evil", f"{NAME}, got '../../evil'"),
        ("name=.hidden", f"{NAME}, got '.hidden'"),
        ("name=a b", f"{NAME}, got 'a b'"),
        ("name=a,b", f"{NAME}, got 'a,b'"),
        ("name=a\nb", f"{NAME}, got 'a\\nb'"),
        ("title=a\nb", "title must be one line of 1 to 200 characters, got 'a\\nb'"),
        ("technology.sram=cacti7-hp", f"{TABLES}, got 'cacti7-hp'; did you mean cacti7-hp-28nm?"),
        ("technology.sram=x", f"{TABLES}, got 'x'"),
        ("ppu.passes.Relu=1001", "ppu.passes.Relu must be at most 1000, got '1001'"),
    ],
)
def test_impossible_value(override: str, message: str) -> None:
    assert problems("lpa", override) == [f"{message} (--set {' '.join(override.split())})"]


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("rows=16", "; did you mean array.rows?"),
        ("clock=16", "; did you mean clock_mhz?"),
        ("arrays.rows=16", "; did you mean array.rows?"),
        ("dram.bandwidth=1", "; did you mean dram.bandwidth_gbps?"),
        ("pe.mac_8_bit_pj=1", "; did you mean pe.mac_8bit_pj?"),
        ("zzzz=1", ""),
    ],
)
def test_unknown_key_suggests_the_nearest(override: str, hint: str) -> None:
    path = override.partition("=")[0]
    assert problems("lpa", override) == [f"{path} must be a known key, got an unknown one (--set {override}){hint}"]


@pytest.mark.parametrize(
    ("operator", "hint"),
    [
        ("ReLU", "; did you mean ppu.passes.Relu?"),
        ("relu", "; did you mean ppu.passes.Relu?"),
        ("GeLU", "; did you mean ppu.passes.Gelu?"),
        ("LayerNorm", "; did you mean ppu.passes.LayerNormalization?"),
        ("identity", "; did you mean ppu.passes.Identity?"),
        ("defualt", "; did you mean ppu.passes.default?"),
        ("LSTM", ""),
        ("a.Relu", "; did you mean ppu.passes.Relu?"),
        ("", ""),
    ],
)
def test_passes_of_an_unknown_operator(chip: Path, operator: str, hint: str) -> None:
    fault = f"ppu.passes.{operator} must name an ONNX operator that lpasim knows, got an unknown one"
    assert problems("lpa", f"ppu.passes.{operator}=3") == [f"{fault} (--set ppu.passes.{operator}=3){hint}"]
    chip.write_text(f"{ON_LPA}ppu: {{passes: {{'{operator}': 3}}}}\n")
    assert problems("chip.yaml") == [f"{fault} (chip.yaml){hint}"]


def test_reading_an_accelerator_loads_no_onnx() -> None:
    program = "import sys; from lpasim.hardware import load_hardware; load_hardware('lpa'); "
    program += "print(sorted({'onnx', 'pandas', 'pyarrow', 'simpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("text", ["array.rows", "", "=", "=16", "array.rows:16"])
def test_malformed_override(text: str) -> None:
    assert problems("lpa", text) == [f"--set must have the form key=value, got {text!r} (for example: array.rows=16)"]


def test_overlap_needs_the_shadow_register() -> None:
    rule = "array.fold_overlap must be false when array.weight_double_buffer is false, got true"
    lines = problems("lpa", "array.weight_double_buffer=false", "array.fold_overlap=true")
    assert lines == [f"{rule} (--set array.fold_overlap=true)"]
    off = load_hardware("lpa", ["array.weight_double_buffer=false", "array.fold_overlap=FALSE"]).hardware.array
    assert not off.weight_double_buffer
    assert not off.fold_overlap


def test_buffers_too_small_for_one_fold(chip: Path) -> None:
    chip.write_text(
        ON_LPA + "array: {rows: 16, cols: 32, psum_bits: 20}\nbuffers: {weight: 1023, input: 31, output: 639}\n"
    )
    assert problems("chip.yaml") == [
        "buffers.input must hold one word of each row in each half (32 B in all), got 31 B (chip.yaml)",
        "buffers.output must hold one partial sum of each lane in each half (640 B in all), got 639 B (chip.yaml)",
        "buffers.weight must hold one fold of weights in each half (1024 B in all), got 1023 B (chip.yaml)",
    ]
    chip.write_text(chip.read_text().replace("1023", "1024").replace("31,", "32,").replace("639", "640"))
    assert load_hardware("chip.yaml").hardware.buffers.input == 32


def test_file_without_values_names_every_missing_key(chip: Path) -> None:
    chip.write_text(HEAD)
    missing = {line.split(" must be given, got nothing (chip.yaml)")[0] for line in problems("chip.yaml")}
    fallback = "ppu.passes must hold the keys default and Identity, got none named default and Identity (chip.yaml)"
    optional = {path for path, key in keys().items() if key.default is not None or key.optional}
    assert missing == {fallback, *keys()} - set(HEADER) - optional


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("array: {rows: 1}\n", f"{SCHEMA}, got none (chip.yaml)"),
        ("schema: lpasim-trace\nversion: 1\n", f"{SCHEMA}, got 'lpasim-trace' (chip.yaml)"),
        ("schema: lpasim-hardware\n", "version must be 1 in a hardware file, got none (chip.yaml)"),
        ("schema: lpasim-hardware\nversion: 2\n", "version must be 1 in a hardware file, got 2 (chip.yaml)"),
        ("schema: lpasim-hardware\nversion: 1.0\n", "version must be 1 in a hardware file, got 1.0 (chip.yaml)"),
        ("schema: lpasim-hardware\nversion: '1'\n", "version must be 1 in a hardware file, got '1' (chip.yaml)"),
        ("schema: lpasim-hardware\nversion: true\n", "version must be 1 in a hardware file, got true (chip.yaml)"),
        (HEAD + "extends: lqa\n", f"{NO_PRESET}, got 'lqa' (chip.yaml); did you mean lpa?"),
        (HEAD + "extends: 3\n", "extends must be a preset or a file, got 3 (chip.yaml)"),
        (HEAD + "extends: chip.yaml\n", "extends must not lead back to its own file, got 'chip.yaml' (chip.yaml)"),
        (
            HEAD + "extends: gone.yaml\n",
            "extends must name a preset or a file that exists, got 'gone.yaml' (chip.yaml)",
        ),
    ],
)
def test_header_and_parents(chip: Path, text: str, message: str) -> None:
    chip.write_text(text)
    assert problems("chip.yaml") == [message]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lpb", f"{NO_PRESET}, got 'lpb'; did you mean lpa?"),
        ("zzz", f"{NO_PRESET}, got 'zzz'"),
        ("", f"{NO_PRESET}, got ''"),
        ("a\0.yaml", f"{NO_PRESET}, got 'a\\x00.yaml'"),
        ("dram/hbm2", "hardware file must exist, got none (dram/hbm2)"),
        ("gone.yaml", "hardware file must exist, got none (gone.yaml)"),
    ],
)
def test_no_such_hardware(chip: Path, name: str, message: str) -> None:
    assert problems(name) == [message]


def test_directory_is_no_hardware(chip: Path) -> None:
    chip.mkdir()
    assert problems("chip.yaml") == ["hardware file must be a file, got a directory (chip.yaml)"]


def test_result_travels_between_processes() -> None:
    again = pickle.loads(pickle.dumps(LPA))
    assert again == LPA
    assert again.sources == LPA.sources


def test_result_is_frozen() -> None:
    with pytest.raises(TypeError):
        LPA.sources["array.rows"] = Source("x")  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        LPA.hardware.array.rows = 3  # type: ignore[misc]


NUMBERS = {path: key.quantity for path, key in keys().items() if key.quantity and path != "technology.node_nm"}


@given(st.sampled_from(sorted(NUMBERS)), st.floats(-10, 2.0**41), st.booleans())
def test_any_number_is_taken_or_refused_by_name(path: str, number: float, whole: bool) -> None:
    value = int(number) if whole else number
    try:
        resolved = load_hardware("lpa", [f"{path}={value!r}"])
    except HardwareError as error:
        names = {line.split()[0] for line in str(error).splitlines()}
        buffers = {"buffers.weight", "buffers.input", "buffers.output"}
        banked = {name for name in names if path.startswith("dram.") and name.startswith("dram.")}
        assert names <= {path, *buffers, "datapath.psum_fraction_bits", *banked}
    else:
        stored = resolved.hardware.model_dump(by_alias=True)
        for name in path.split("."):
            stored = stored[name]
        assert stored == value
        assert resolved.sources[path].text == "set on the command line"


@given(st.lists(st.text("abc.=_ 0159:", max_size=14), max_size=3))
def test_arbitrary_overrides_never_crash(overrides: list[str]) -> None:
    try:
        load_hardware("lpa", overrides)
        message = ""
    except HardwareError as error:
        message = str(error)
    assert all(" must " in line and "--set" in line for line in message.splitlines())


@pytest.mark.parametrize("name", ["default", "Identity", "Relu", "ReduceSum", "Where"])
def test_passes_of_any_known_operator(name: str) -> None:
    path = f"{OPEN_SECTION}.{name}"
    assert load_hardware("lpa", [f"{path}=7"]).hardware.ppu.passes[name] == 7
