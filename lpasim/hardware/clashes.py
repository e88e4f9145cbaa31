"""Values that are legal each, and do not go together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clash:
    """A rule that a value breaks.

    Attributes
    ----------
    path : str
        The key whose value the rule is about.
    rule : str
        The rule and the value: "must ..., got ...".
    others : tuple of str
        Other keys that the rule depends on; none: it is a bound of its own.
    """

    path: str
    rule: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Spell it for a message."""
        return f"{self.path} {self.rule}"


class ClashError(ValueError):
    """Every rule that a description breaks, one line each."""

    def __init__(self, clashes: Iterable[Clash]) -> None:
        self.clashes = tuple(clashes)
        super().__init__("\n".join(str(clash) for clash in self.clashes))
