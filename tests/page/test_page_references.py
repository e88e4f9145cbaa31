"""BibTeX as people read it."""

from __future__ import annotations

import re
from importlib.resources import files

from lpasim.reports.page.references import read_references

BIB = files("lpasim.hardware").joinpath("citations.bib").read_text(encoding="utf-8")
ENTRIES = {reference.key: reference for reference in read_references(BIB)}


def test_every_entry_is_read():
    assert list(ENTRIES) == re.findall(r"^@\w+\{([^,]+),", BIB, re.MULTILINE)
    assert len(ENTRIES) > 15


def test_no_tex_is_left():
    for entry in ENTRIES.values():
        text = f"{entry.authors}{entry.title}{entry.published}"
        assert not re.search(r"[{}\\]|--", text), text
        assert ", ," not in text


def test_an_article():
    found = ENTRIES["ramulator2"]
    assert found.authors == (
        "Haocong Luo, Yahya Can Tu\u011frul, F. Nisa Bostanc\u0131, Ataberk Olgun, A. Giray "
        "Ya\u011fl\u0131k\u00e7\u0131, Onur Mutlu"
    )
    assert found.title == "Ramulator 2.0: A Modern, Modular, and Extensible DRAM Simulator"
    assert found.published == "IEEE Computer Architecture Letters 23(1), pp. 112\u2013116, 2024"
    assert found.link == "https://doi.org/10.1109/LCA.2023.3333759"


def test_addresses_of_what_has_no_doi():
    assert ENTRIES["microscopiq"].link == "https://arxiv.org/abs/2411.05282"
    assert ENTRIES["simpy"].link == "https://simpy.readthedocs.io"
    assert ENTRIES["lpddr4"].link == ""


def test_an_address_that_is_none_is_no_link():
    (entry,) = read_references("@misc{evil,\n  title = {A},\n  url = {javascript:alert(1)}\n}\n")
    assert entry.link == ""


def test_accents_and_dashes():
    (entry,) = read_references(
        "@misc{a,\n  author = {M{\\\"u}ller, J. and {A Team}},\n  title = {1--2 {IT}~x \\'{e}}\n}\n"
    )
    assert entry.authors == "J. M\u00fcller, A Team"
    assert entry.title == "1\u20132 IT\u00a0x \u00e9"
