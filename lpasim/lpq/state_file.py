"""The file that a search is kept in: what it goes on from, what it has cost so far, and what is refused early."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lpasim.lpq.genes import Space
from lpasim.lpq.genetic import check_length, check_subject
from lpasim.lpq.settings import GeneticSettings
from lpasim.lpq.state import Spent, State, place


@dataclass(frozen=True)
class StateFile:
    """The file of a search.

    Attributes
    ----------
    path : Path or None
        Where it is; None if the search is not kept.
    known : State or None
        What is there.
    """

    path: Path | None
    known: State | None

    @classmethod
    def opened(cls, path: Path | None) -> StateFile:
        """Read what is in a file, if it is there.

        Raises
        ------
        SearchError
            If it is no state.
        """
        return cls(path, State.read(path) if path is not None and path.is_file() else None)

    @property
    def where(self) -> str:
        """Where it is, for messages."""
        return "search" if self.path is None else place(self.path)

    @property
    def spent(self) -> Spent:
        """What the parts before have cost."""
        return Spent() if self.known is None else self.known.spent

    def check_subject(self, subject: str) -> None:
        """Refuse a state of another network, other images, another plan or another start, before anything is measured.

        Raises
        ------
        SearchError
            If it is one.
        """
        if self.known is not None:
            check_subject(self.known, subject, self.where)

    def check_steps(self, settings: GeneticSettings, space: Space) -> None:
        """Refuse a state of more passes, or with a candidate that the search has not.

        Raises
        ------
        SearchError
            If it is one.
        """
        if self.known is not None:
            check_length(self.known, settings, space, self.where)
            for one in self.known.population:
                space.check(one.candidate, self.where)

    def keep(self, state: State, spent: Spent) -> None:
        """Write a state with what the search has cost by now, the parts before included.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        if self.path is not None:
            replace(state, spent=spent).write(self.path)
