"""Reading a page back: its elements, with attributes, texts and ancestors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All texts within, in no order that matters across children."""
        return " ".join([*self.texts, *(child.text for child in self.children)]).strip()

    def within(self, tag: str) -> list[Element]:
        found = [child for child in self.children if child.tag == tag]
        return found + [element for child in self.children for element in child.within(tag)]

    def ancestor(self, tag: str) -> Element | None:
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above


class Page(HTMLParser):
    """A page as a tree; refuses tags that do not match."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.root = Element("document", {}, None)
        self.all: list[Element] = []
        self._open = self.root
        self.feed(html.decode())
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(element)
        self.all.append(element)
        if tag not in VOID:
            self._open = element

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> closes <{self._open.tag}>"
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.texts.append(data)

    def tags(self, *names: str) -> list[Element]:
        return [element for element in self.all if element.tag in names]

    def by_id(self, name: str) -> Element:
        return next(element for element in self.all if element.attributes.get("id") == name)

    @property
    def scripts(self) -> list[str]:
        """What runs."""
        return ["".join(each.texts) for each in self.tags("script") if "type" not in each.attributes]

    @property
    def data(self) -> Any:
        """What the scripts show."""
        return json.loads("".join(self.by_id("data").texts))

    @property
    def policy(self) -> dict[str, list[str]]:
        """The Content-Security-Policy, by directive."""
        meta = next(each for each in self.tags("meta") if each.attributes.get("http-equiv"))
        parts = (part.split() for part in meta.attributes["content"].split(";"))
        return {name: values for name, *values in parts}

    def rows(self, table: Element) -> list[list[str]]:
        """Texts of the cells of a table's body."""
        (body,) = table.within("tbody")
        cells = [[cell for cell in row.children if cell.tag in ("td", "th")] for row in body.within("tr")]
        return [[re.sub(r"\s+", " ", cell.text) for cell in row] for row in cells]
