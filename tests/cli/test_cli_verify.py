"""``verify``: a layer's words from a file against the plain reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from lpasim.datapath.parameters import Datapath
from lpasim.formats import LogPosit
from lpasim.inference.dump import LayerDump, LayerSetting
from lpasim.inference.dump_file import KINDS, write_dump

ONE = 0x40
"""The word of 1 in lp8,2,3,0."""


def metadata(**changes):
    texts = {
        "schema": "lpasim-layer-dump",
        "version": "1",
        "lpasim_version": "0",
        "network": "net",
        "layer": "conv",
        "accumulator": "wide",
        "stationary": "first",
        "rows": "8",
        "converter_in_bits": "6",
        "converter_out_bits": "8",
        "psum_fraction_bits": "8",
        "encoder_in_bits": "8",
        "first_format": "lp8,2,3,0",
        "second_format": "lp8,2,3,0",
        "output_format": "lp8,2,3,0",
    }
    texts.update(changes)
    return {name: text for name, text in texts.items() if text is not None}


def tensors(**changes):
    """Rows of 1 times columns of 1, of length 2: every sum is 2, whose word is 0x48 by hand: 0 10 01 000."""
    made = {
        "first": np.full((1, 3, 2), ONE, np.uint8),
        "second": np.full((1, 2, 4), ONE, np.uint8),
        "sums": np.full((1, 3, 4), 2.0),
        "words": np.full((1, 3, 4), 0x48, np.uint8),
    }
    made.update(changes)
    return {name: array for name, array in made.items() if array is not None}


@pytest.fixture
def verify(lpasim):
    def call(*more, arrays=None, texts=None):
        save_file(arrays or tensors(), "layer.safetensors", texts or metadata())
        return lpasim("verify", "layer.safetensors", *more)

    return call


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_words_that_are_right(verify, accumulator):
    done = verify(texts=metadata(accumulator=accumulator))
    equal = "equal to the compiled datapath, 12 of them also to the plain reference"
    expected = f"verified all 12 words of layer conv of net, accumulator {accumulator}: {equal}\n"
    assert (done.code, done.out, done.err) == (0, expected, "")


def test_every_word_is_verified_however_few_the_plain_reference_computes(verify):
    assert "all 12 words of layer conv of net, accumulator wide: equal to the compiled datapath, 2 of them also" in (
        verify("--reference", "2").out
    )
    assert ", 12 of them also to the plain reference" in verify("--reference", "all").out
    words = tensors()["words"]
    words[0, 0, 1] = 0
    assert verify("--reference", "1", arrays=tensors(words=words)).code == 1


def test_by_default_the_plain_reference_computes_2000_words(lpasim):
    first = np.full((1, 50, 1), ONE, np.uint8)
    sums = np.ones((1, 50, 50))
    fmt = LogPosit(8, 2, 3)
    setting = LayerSetting("net", "conv", "paper", Datapath(), fmt, fmt, fmt, "first")
    write_dump(LayerDump.of(setting, first, first.reshape(1, 1, 50), sums), Path("large"))
    out = lpasim("verify", "large", "--quiet").out
    assert out.startswith("verified all 2500 words")
    assert ", 2000 of them also" in out


def test_a_contradiction_of_our_own_is_said_aloud(verify, monkeypatch):
    monkeypatch.setattr("lpasim.inference.verification.dot", lambda *_: 4.0)
    done = verify()
    line = (
        "INTERNAL ERROR of lpasim, please report it with the file: word [0, 0, 0] is 0x50 (4.0) of sum 4.0 by the "
        "plain reference, 0x48 (2.0) of sum 2.0 by the compiled datapath, and 0x48 (2.0) of sum 2.0 in the file "
        "(layer conv of net)\n"
    )
    assert (done.code, done.out) == (1, line)


def test_a_flipped_bit_is_shown(verify):
    words = tensors()["words"]
    words[0, 1, 2] ^= 0x10
    words[0, 2, 0] = 0
    done = verify(arrays=tensors(words=words))
    line = "word [0, 1, 2] must be 0x48 (2.0), got 0x58 (8.0); its sum must be 2.0, got 2.0 (layer conv of net)\n"
    assert (done.code, done.out, done.err) == (1, line, "")


def test_a_wrong_sum_with_the_right_word(verify):
    sums = tensors()["sums"]
    sums[0, 2, 3] = np.nan
    done = verify(arrays=tensors(sums=sums))
    line = "sum [0, 2, 3] must be 2.0, got nan; its word is 0x48 (2.0) (layer conv of net)\n"
    assert (done.code, done.out) == (1, line)


def test_words_that_the_format_has_not(verify):
    texts = metadata(output_format="lp4,1,3,0")
    done = verify(texts=texts)
    assert done.code == 1
    assert "got 0x48 (no word of LP<4,1,3,0>)" in done.out
    nar = verify(texts=texts, arrays=tensors(words=np.full((1, 3, 4), 8, np.uint8)))
    assert "got 0x08 (NaR)" in nar.out


WRONG = {
    "another schema": ({"texts": metadata(schema="other")}, "schema must be 'lpasim-layer-dump', got 'other'"),
    "no schema": ({"texts": {"a": "b"}, "arrays": {"x": np.zeros(3)}}, "schema must be 'lpasim-layer-dump', got None"),
    "another version": ({"texts": metadata(version="2")}, "version must be '1', got '2'"),
    "key missing": ({"texts": metadata(rows=None)}, "metadata must have rows, got none"),
    "width in words": ({"texts": metadata(rows="many")}, "rows must be a whole number, got 'many'"),
    "width out of range": ({"texts": metadata(rows="0")}, "rows must be in 1..65536, got 0"),
    "accumulator": ({"texts": metadata(accumulator="float")}, "accumulator must be wide or paper, got 'float'"),
    "stationary": ({"texts": metadata(stationary="third")}, "stationary must be first or second, got 'third'"),
    "format": ({"texts": metadata(first_format="other8")}, "number format must be one of "),
    "format too wide": (
        {"texts": metadata(second_format="lp16,1,5")},
        "second_format must be a log posit of at most 8",
    ),
    "word too large": ({"texts": metadata(first_format="lp4,1,3")}, "code words of first must be below 16, got 64"),
    "inner sizes": (
        {"arrays": tensors(second=np.zeros((1, 3, 4), np.uint8))},
        "operands must be [G, P, K] and [G, K, Q], got [1, 3, 2] and [1, 3, 4]",
    ),
    "dimensions": ({"arrays": tensors(first=np.zeros((3, 2), np.uint8))}, "operands must be [G, P, K]"),
    "nothing": ({"arrays": tensors(first=np.zeros((1, 0, 2), np.uint8))}, "operands must be [G, P, K]"),
    "sums": ({"arrays": tensors(sums=np.zeros((1, 3, 3)))}, "tensor sums must be [1, 3, 4], got [1, 3, 3]"),
    "words": ({"arrays": tensors(words=np.zeros((3, 4), np.uint8))}, "tensor words must be [1, 3, 4], got [3, 4]"),
    "tensor missing": ({"arrays": tensors(words=None)}, "tensor words must be of uint8, got none"),
    "type": ({"arrays": tensors(sums=np.zeros((1, 3, 4), np.float32))}, "tensor sums must be of float64, got float32"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_dump(verify, case):
    options, message = WRONG[case]
    done = verify(**options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lpasim: {message}")
    assert done.err.endswith("layer.safetensors)\n")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_a_file_cut_short(lpasim, tmp_path, keep):
    save_file(tensors(), tmp_path / "whole", metadata())
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(content[:keep])
    done = lpasim("verify", "cut")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("lpasim: layer dump must be a whole safetensors file, got 'cut'")


def test_files_that_cannot_be_read(lpasim, tmp_path):
    (tmp_path / "text").write_text("hello, this is no dump at all\n" * 10)
    (tmp_path / "folder").mkdir()
    for name, message in {
        "missing": "layer dump must be an existing file, got 'missing'",
        "folder": "layer dump must be a file, got the folder 'folder'",
        "text": "layer dump must be a whole safetensors file, got 'text'",
    }.items():
        done = lpasim("verify", name)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert done.err.startswith(f"lpasim: {message}")


@pytest.mark.parametrize("number", ["0", "-3", "few", "1.5", "9" * 5000])
def test_numbers_of_words_that_are_none(verify, number):
    done = verify("--reference", number)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "--reference must be a whole number from 1 on or all, got" in done.err


def test_names_that_would_break_the_line(verify):
    assert verify(texts=metadata(layer="a\nb")).out.count("\n") == 1


def test_the_file_has_all_tensors():
    assert set(KINDS) == set(tensors())
