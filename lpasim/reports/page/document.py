"""Putting a page together: template, style, scripts and data in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lpasim import __version__
from lpasim.reports.numbers import counted, plain
from lpasim.reports.page.libraries import need_libraries, plotly_licence, plotly_source
from lpasim.reports.page.references import cited
from lpasim.reports.page.security import policy

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Page:
    """What is to be shown.

    Attributes
    ----------
    template : str
        Name of the template.
    scripts : tuple of str
        Names of our scripts, in the order in which they run.
    content : mapping
        What the template shows.
    data : mapping
        What the scripts show, as JSON types.
    compiles : bool
        Whether charts on WebGL are among them, which compile code (`lpasim.reports.page.security`).
    """

    template: str
    scripts: tuple[str, ...]
    content: Mapping[str, Any]
    data: Mapping[str, Any]
    compiles: bool


def render(page: Page) -> bytes:
    """Return the page as one HTML file; the same page and libraries give the same bytes.

    Raises
    ------
    ResultsError
        If Plotly or Jinja2 is not installed.
    """
    need_libraries()
    scripts = (plotly_source(), _joined(page.scripts))
    text = (
        _environment()
        .get_template(page.template)
        .render(
            **page.content,
            data=page.data,
            scripts=scripts,
            policy=policy(scripts, compiles=page.compiles),
            style=_asset("style.css"),
            licence=plotly_licence(),
            version=__version__,
        )
    )
    return text.encode(errors="backslashreplace")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"cited": cited, "counted": counted, "plain": plain}
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment


def _joined(names: tuple[str, ...]) -> str:
    """Return our scripts as one, whose names nothing outside can see."""
    sources = "\n".join(_asset(f"scripts/{name}.js") for name in names)
    return f'"use strict";\n(() => {{\n{sources}}})();\n'


def _asset(name: str) -> str:
    return files("lpasim.reports.page").joinpath("template", name).read_text(encoding="utf-8")
