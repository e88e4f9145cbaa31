"""Parameters, specifications and the registry."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from lpasim.errors import FormatError
from lpasim.formats import FORMATS, LogPosit, NumberFormat, parse_format


@pytest.mark.parametrize(
    "parameters", [(2, 0, 1, 0.0), (3, 0, 2, 0.0), (8, 5, 7, -256.0), (16, 5, 15, 256.0), (16, 0, 2, 0.5)]
)
def test_extreme_parameters_are_accepted(parameters):
    fmt = LogPosit(*parameters)
    assert (fmt.n, fmt.es, fmt.rs, fmt.sf) == parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((1, 0, 1, 0.0), "n must be an integer in 2..16, got 1"),
        ((17, 0, 2, 0.0), "n must be an integer in 2..16, got 17"),
        ((8.0, 0, 2, 0.0), "n must be an integer in 2..16, got 8.0"),
        ((True, 0, 2, 0.0), "n must be an integer in 2..16, got True"),
        ((8, -1, 2, 0.0), "es must be an integer in 0..5, got -1"),
        ((8, 6, 2, 0.0), "es must be an integer in 0..5, got 6"),
        ((5, 3, 2, 0.0), "es must be an integer in 0..2, got 3"),
        ((3, 1, 2, 0.0), "es must be 0, got 1"),
        ((2, 0, 2, 0.0), "rs must be 1, got 2"),
        ((8, 2, 1, 0.0), "rs must be an integer in 2..7, got 1"),
        ((8, 2, 8, 0.0), "rs must be an integer in 2..7, got 8"),
        ((8, 2, 3, 256.5), "sf must be a finite real in -256..256, got 256.5"),
        ((8, 2, 3, float("nan")), "sf must be a finite real in -256..256, got nan"),
        ((8, 2, 3, float("-inf")), "sf must be a finite real in -256..256, got -inf"),
        ((8, 2, 3, "0"), "sf must be a finite real in -256..256, got '0'"),
        ((8, 2, 3, 10**400), "sf must be a finite real"),
        ((8, 2, 3, None), "sf must be a finite real in -256..256, got None"),
    ],
)
def test_parameters_out_of_range_are_named(parameters, message):
    with pytest.raises(FormatError) as raised:
        LogPosit(*parameters)
    assert message in str(raised.value)
    assert isinstance(raised.value, ValueError)


def test_numpy_parameters_become_plain_numbers():
    fmt = LogPosit(np.int64(8), np.uint8(2), np.int32(3), np.float32(0.5))
    assert [type(value) for value in (fmt.n, fmt.es, fmt.rs, fmt.sf)] == [int, int, int, float]


def test_format_is_an_immutable_value():
    fmt = LogPosit(8, 2, 3, -0.0)
    assert fmt == LogPosit(8, 2, 3)
    assert hash(fmt) == hash(LogPosit(8, 2, 3))
    assert str(fmt) == "LP<8,2,3,0>"
    assert pickle.loads(pickle.dumps(fmt)) == copy.deepcopy(fmt) == fmt
    with pytest.raises(AttributeError):
        fmt.n = 4
    assert not hasattr(fmt, "__dict__")


@pytest.mark.parametrize(
    "fmt", [LogPosit(8, 2, 3), LogPosit(2, 0, 1, -7), LogPosit(16, 5, 15, 0.1), LogPosit(4, 1, 2, 1e-300)]
)
def test_specification_makes_the_same_format(fmt):
    assert parse_format(fmt.spec) == fmt


def test_specification_is_forgiving_about_case_blanks_and_a_zero_scale():
    assert parse_format(" LP8, 2, 3 ") == LogPosit(8, 2, 3, 0.0)
    assert parse_format("lp8,2,3,-1.5") == LogPosit(8, 2, 3, -1.5)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "number format must be one of lpn,es,rs[,sf], intn[,sf], "),
        ("fp8", "number format must be one of"),
        ("8,2,3", "number format must be one of"),
        ("lp", "parameters of lp must be n,es,rs or n,es,rs,sf, got ''"),
        ("lp8,2", "parameters of lp must be"),
        ("lp8,2,3,0,0", "parameters of lp must be"),
        ("lp8,2,x", "n, es and rs must be integers and sf a real"),
        ("lp8,2,3,zero", "n, es and rs must be integers and sf a real"),
        ("lp8,2,9,0", "rs must be an integer in 2..7, got 9"),
        ("lp8,2,3,inf", "sf must be a finite real"),
    ],
)
def test_malformed_specification_is_refused(spec, message):
    with pytest.raises(FormatError) as raised:
        parse_format(spec)
    assert message in str(raised.value)


def test_registry_names_are_unique_and_described():
    assert len({entry.name for entry in FORMATS}) == len(FORMATS)
    for entry in FORMATS:
        assert issubclass(entry.format, NumberFormat)
        assert entry.description


def test_importing_formats_is_light():
    code = "import sys, lpasim.formats; sys.exit(any(name in sys.modules for name in ('numpy', 'lpasim_ext.lp_codec')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
