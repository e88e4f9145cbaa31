"""Trace files: round trips, and one clear line for everything that can be wrong with one."""

import json

import jsonschema
import pytest
from trace_samples import block, trace_of

from lpasim.errors import OutputError, TraceError
from lpasim.quantization.schema import schema_text
from lpasim.quantization.trace_file import format_trace, parse_trace, read_trace, write_trace


@pytest.fixture(scope="module")
def trace():
    return trace_of(block())


def test_round_trip(trace, tmp_path):
    path = tmp_path / "block.json"
    write_trace(trace, path)
    assert read_trace(path) == trace
    assert path.read_text() == format_trace(trace)
    assert [entry.name for entry in tmp_path.iterdir()] == ["block.json"]


def test_the_text_is_made_to_be_compared(trace):
    lines = format_trace(trace).splitlines()
    assert sum('"gemm"' in line for line in lines) == len(trace.layers)
    assert list(json.loads("\n".join(lines)))[:3] == ["schema", "version", "name"]


def changed(trace, change):
    data = json.loads(format_trace(trace))
    change(data)
    return json.dumps(data)


def put(path, value):
    """Return a change that sets the value at a path of keys."""

    def change(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


def drop(*path):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


FIRST = ("layers", 0)
BROKEN = [
    (put(["schema"], "other"), "schema must be 'lpasim-trace', got 'other'"),
    (drop("schema"), "schema must be 'lpasim-trace', got None"),
    (put(["version"], 2), "version must be 1, got 2"),
    (put(["version"], "1"), "version must be 1, got '1'"),
    (put(["version"], True), "version must be 1, got True"),
    (drop("version"), "version must be 1, got None"),
    (drop("name"), "name must be given, got nothing"),
    (put(["extra"], 1), "extra must be a key of the schema, got an unknown one"),
    (put([*FIRST, "gemm", "m"], -1), "layers[0].gemm.m must be greater than 0, got -1"),
    (put([*FIRST, "gemm", "m"], "16"), "layers[0].gemm.m must be a valid integer, got '16'"),
    (put([*FIRST, "gemm", "m"], 1.5), "layers[0].gemm.m must be a valid integer, got 1.5"),
    (put([*FIRST, "gemm", "m"], 17), "layers[0].gemm must be the unfolded window, "),
    (put([*FIRST, "gemm"], None), "layers[0].weights must be none, got 'constant'"),
    (put([*FIRST, "window", "out_height"], 5), "layers[0].window.out_height must be 4, got 5"),
    (put([*FIRST, "window", "groups"], 2), "layers[0].window.groups must divide in_channels and out_channels, got 2"),
    (put([*FIRST, "weight_format", "n"], 9), "layers[0].weight_format.n must be 2..8, got 9"),
    (put([*FIRST, "weight_format", "es"], 6), "layers[0].weight_format.es must be 0..5 for n = 8, got 6"),
    (put([*FIRST, "weight_format", "rs"], 1), "layers[0].weight_format.rs must be 2..7 for n = 8, got 1"),
    (put([*FIRST, "activation_format", "sf"], 300), "layers[0].activation_format.sf must be a finite number in "),
    (put([*FIRST, "activation_format", "basis"], "guessed"), "must be 'fitted' or 'assumed', got 'guessed'"),
    (put([*FIRST, "outputs", 0, "format", "n"], 1), "layers[0].outputs[0].format.n must be 2..8, got 1"),
    (put([*FIRST, "weight_format"], None), "layers[0].weight_format must be given exactly where gemm is, got None"),
    (put([*FIRST, "inputs"], ["conv1"]), "layers[0].inputs must name earlier layers, got 'conv1'"),
    (put([*FIRST, "weight_inputs"], ["x"]), "layers[0].weight_inputs must name earlier layers, got 'x'"),
    (
        put(["layers", 1, "weight_inputs"], ["conv1"]),
        "layers[1].weight_inputs must be empty where weights are constant",
    ),
    (put(["layers", 1, "name"], "conv1"), "layers[1].name must be used once, got 'conv1' again"),
    (put(["layers", 1, "ppu", 0, "operand_from"], ["fc"]), "layers[1].ppu[0].operand_from must name earlier layers"),
    (put(["layers", 1, "ppu", 0, "operand_bits"], 0), "layers[1].ppu[0].operand_bits must be 2..8, got 0"),
    (put(["layers", 1, "ppu", 0, "operand_constants"], 999), "operand_constants must be at most operand_elements"),
    (put(["layers", 2, "gemm", "k"], 2**41), "layers[2].gemm.k must be at most 2^40"),
    (put(["layers"], []), "layers must hold at least one layer, got none"),
    (put(["layers"], {}), "layers must be a valid"),
    (put(["batch"], 0), "batch must be greater than 0, got 0"),
    (put(["batch"], 2**31 + 1), "batch must be at most 2^31, got 2147483649"),
    (put(["version"], 1.0), "version must be 1, got 1.0"),
    (put(["version"], True), "version must be 1, got True"),
    (put(["name"], "a\nb"), r"name must be printable, got 'a\nb'"),
    (put([*FIRST, "name"], "\x1b[31m"), r"layers[0].name must be printable, got '\x1b[31m'"),
    (put(["layers", 1, "ppu", 0, "node"], "a\rb"), r"layers[1].ppu[0].node must be printable, got 'a\rb'"),
    (put([*FIRST, "outputs", 0, "tensor"], "a\tb"), r"layers[0].outputs[0].tensor must be printable, got 'a\tb'"),
    (put(["input_shapes"], {"a\tb": [1]}), r"key of input_shapes must be printable, got 'a\tb'"),
    (put(["free", 0, "node"], "a\tb"), r"free[0].node must be printable, got 'a\tb'"),
    (put(["layers", 2, "input_elements"], 2**57), "input elements must be at most 2^56 in all, got "),
]


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_broken_rules(trace, change, message):
    with pytest.raises(TraceError) as caught:
        parse_trace(changed(trace, change), "file.json")
    assert message in str(caught.value)
    assert "(file.json)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_problems_are_counted(trace):
    def change(data):
        data["batch"], data["title"] = 0, 5

    with pytest.raises(TraceError, match=r"got 5 and 1 more \(f\)"):
        parse_trace(changed(trace, change), "f")


def test_every_cut_of_a_file_is_an_error(trace):
    text = format_trace(trace)
    for size in range(0, len(text.rstrip()), 97):
        with pytest.raises(TraceError, match=r"trace must be whole JSON, got .* at line \d+ column \d+ \(cut\.json\)"):
            parse_trace(text[:size], "cut.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "schema must be 'lpasim-trace', got 'list'"),
        (
            '{"schema": "lpasim-trace", "schema": "lpasim-trace"}',
            "trace must be plain JSON, got the key 'schema' twice",
        ),
        ('{"sf": NaN}', "trace must be plain JSON, got the number NaN"),
        ('{"sf": -Infinity}', "trace must be plain JSON, got the number -Infinity"),
        ("[" * 100_000, "trace must be "),
    ],
)
def test_text_that_is_no_trace(text, message):
    with pytest.raises(TraceError) as caught:
        parse_trace(text, "f")
    assert message in str(caught.value)


def test_a_byte_order_mark_is_skipped(tmp_path, trace):
    (tmp_path / "marked.json").write_text(format_trace(trace), encoding="utf-8-sig")
    assert read_trace(tmp_path / "marked.json") == trace


def test_files(tmp_path, trace):
    with pytest.raises(TraceError, match="trace must be an existing file"):
        read_trace(tmp_path / "none.json")
    with pytest.raises(TraceError, match=r"trace must be a readable text file, got '.*' \(Is a directory\)"):
        read_trace(tmp_path)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TraceError, match="trace must be a readable text file"):
        read_trace(tmp_path / "binary.json")
    with pytest.raises(OutputError, match="trace must be written to a writable place"):
        write_trace(trace, tmp_path / "no" / "folder.json")


def test_a_failed_write_leaves_the_old_file(tmp_path, trace, monkeypatch):
    path = tmp_path / "t.json"
    path.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OutputError, match="got No space left on device"):
        write_trace(trace, path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.json"]


def test_the_schema_refuses_what_the_model_refuses(trace):
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(json.loads(format_trace(trace)))
    for change in (put([*FIRST, "gemm", "m"], -1), put(["extra"], 1), drop("name"), put(["version"], 2)):
        assert not validator.is_valid(json.loads(changed(trace, change)))
