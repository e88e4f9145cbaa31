"""The bibliography behind a run: whoever uses the numbers of a preset cites where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from lpasim.hardware.sources import ResolvedHardware

LPA, SIMULATION = "lpa", "simpy"
"""The accelerator that is simulated, and the library that advances simulated time."""
_KEY = re.compile(r"\[([a-z][a-z0-9-]*)\]")


def cited_keys(texts: Iterable[str]) -> set[str]:
    """Return the keys in square brackets that name an entry of the bibliography."""
    return {key for text in texts for key in _KEY.findall(text)} & _entries().keys()


def bibliography(*resolved: ResolvedHardware, timed: bool = True) -> str:
    """Return, as BibTeX, the entries that a run with this hardware must cite.

    Parameters
    ----------
    *resolved : ResolvedHardware
        The accelerator, or all of a comparison.
    timed : bool
        Whether cycles were simulated, and not its numbers alone.
    """
    texts = (source.text for each in resolved for source in each.sources.values())
    used = cited_keys(texts) | {LPA} | ({SIMULATION} if timed else set())
    return "\n".join(entry for key, entry in _entries().items() if key in used)


@cache
def _entries() -> dict[str, str]:
    """Return all entries, by key, in the order of the file."""
    text = files("lpasim.hardware").joinpath("citations.bib").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{([^,]+),.*?^\}\n", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^@\w+\{.*?^\}\n", text, re.MULTILINE | re.DOTALL)
    return dict(zip(entries, blocks, strict=True))
