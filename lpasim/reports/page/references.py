"""``citations.bib`` as references that people read, and citations in texts that lead to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

_ENTRY = re.compile(r"^@\w+\{([^,\s]+),(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*?)\},?\s*$", re.MULTILINE)
_CITATION = re.compile(r"\[([a-z][a-z0-9-]*)\]")
_ACCENT = re.compile(r"\\(?:([uvcHkr])\{?([A-Za-z\u0131])\}?|([\"'`^~=.])\{?([A-Za-z\u0131])\}?)")
DOTLESS_I, EN_DASH = "\u0131", "\u2013"
_COMBINING = {
    "u": "\u0306",
    "v": "\u030c",
    "c": "\u0327",
    "H": "\u030b",
    "k": "\u0328",
    "r": "\u030a",
    '"': "\u0308",
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
}
_PLACES = ("journal", "booktitle", "institution", "number", "pages", "year", "note")
"""Fields that say where something was published, in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of a bibliography.

    Attributes
    ----------
    key : str
        What texts cite it as.
    authors, title, published : str
        For people.
    link : str
        Address of the publication; empty if the entry has none.
    """

    key: str
    authors: str
    title: str
    published: str
    link: str


def read_references(text: str) -> tuple[Reference, ...]:
    """Return the entries of a BibTeX file as `lpasim.hardware.bibliography` writes it, in its order."""
    return tuple(_reference(key, dict(_FIELD.findall(body))) for key, body in _ENTRY.findall(text))


def cited(text: str, keys: Collection[str]) -> Markup:
    """Escape a text; keys in square brackets that are among `keys` become links to their references."""
    from markupsafe import Markup, escape

    pieces = _CITATION.split(text)
    written = escape(pieces[0])
    for key, after in zip(pieces[1::2], pieces[2::2], strict=True):
        link = Markup('<a class="cite" href="#source-{0}">[{0}]</a>').format(key) if key in keys else escape(f"[{key}]")
        written += link + escape(after)
    return written


def _reference(key: str, fields: dict[str, str]) -> Reference:
    plain = {name: _plain(value) for name, value in fields.items()}
    places = [place for name in _PLACES if (place := _place(name, plain))]
    authors = ", ".join(_name(author) for author in plain.get("author", "").split(" and ") if author)
    link = f"https://doi.org/{fields['doi']}" if "doi" in fields else _address(fields)
    return Reference(key, authors, plain.get("title", key), ", ".join(places), link)


def _place(name: str, fields: dict[str, str]) -> str:
    """Write one of `_PLACES`: a journal with its volume and issue, what the entry lacks not at all."""
    if name not in fields or (name == "number" and "journal" in fields):
        return ""
    if name == "journal" and "volume" in fields:
        issue = f"({fields['number']})" if "number" in fields else ""
        return f"{fields['journal']} {fields['volume']}{issue}"
    return f"pp. {fields['pages']}" if name == "pages" else fields[name]


def _address(fields: dict[str, str]) -> str:
    arxiv = re.match(r"arXiv:(\S+)", fields.get("note", ""))
    if arxiv:
        return f"https://arxiv.org/abs/{arxiv[1]}"
    url = fields.get("url", "")
    return url if url.startswith("https://") else ""


def _name(author: str) -> str:
    """Turn "Surname, Given" around."""
    surname, comma, given = author.partition(", ")
    return f"{given} {surname}" if comma else author


def _plain(tex: str) -> str:
    """Spell TeX's accents, dashes and groups as plain letters."""
    text = re.sub(r"\{\\i\}|\\i\b\s*", DOTLESS_I, tex).replace("--", EN_DASH)
    text = _ACCENT.sub(lambda match: (match[2] or match[4]) + _COMBINING[match[1] or match[3]], text)
    return unicodedata.normalize("NFC", text.replace("{", "").replace("}", "").replace("~", "\u00a0"))
