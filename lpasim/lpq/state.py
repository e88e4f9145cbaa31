"""The state of a search after a generation, as plain data: all that going on needs, exactly as if never interrupted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, ValidationError

from lpasim.errors import FormatError, SearchError
from lpasim.formats import parse_format
from lpasim.lpq.genes import Candidate
from lpasim.quantization.documents import Document, first_problem
from lpasim.quantization.frozen import Frozen

DOCUMENT = Document("search state", "lpasim-search", 1, SearchError)


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and its fitness on all images; lower is better, infinity is the worst."""

    candidate: Candidate
    fitness: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One point of the search's curve: the best fitness, and the evaluations of one image that it has cost so far."""

    generation: int
    images_evaluated: int
    best_fitness: float


@dataclass(frozen=True)
class Spent:
    """What a search has cost so far, over all of its parts where it was interrupted; it decides nothing.

    Attributes
    ----------
    images_run : float
        Images that were run, each counted by the part of the network that was.
    seconds : mapping
        Time of each stage.
    """

    images_run: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """A search after a generation.

    Attributes
    ----------
    search : str
        Digest of what is searched, how, and on what; see `lpasim.lpq.genetic.digest`.
    generation : int
        Generations done; 0 is the first population.
    population : tuple of Scored
        The fittest first, the older first among equals.
    history : tuple of Entry
        One for each generation, the first population included.
    scores : mapping
        By the number of images, the scores of all candidates so far by their `key`.
    spent : Spent
        What it has cost, as far as whoever keeps the state says so; states that differ in it alone are equal.
    """

    search: str
    generation: int
    population: tuple[Scored, ...]
    history: tuple[Entry, ...]
    scores: Mapping[int, Mapping[str, float]]
    spent: Spent = field(default_factory=Spent, compare=False)

    @property
    def best(self) -> Scored:
        """The fittest candidate."""
        return self.population[0]

    @property
    def images_evaluated(self) -> int:
        """Evaluations of one image so far."""
        return self.history[-1].images_evaluated

    def to_json(self) -> str:
        """Return the state as text, from which `from_json` makes an equal one."""
        found = {
            "schema": DOCUMENT.schema,
            "version": DOCUMENT.version,
            "search": self.search,
            "generation": self.generation,
            "spent": {"images_run": self.spent.images_run, "seconds": dict(self.spent.seconds)},
            "population": [
                {"fitness": _plain(one.fitness), "formats": [gene.spec for gene in one.candidate]}
                for one in self.population
            ],
            "history": [[one.generation, one.images_evaluated, _plain(one.best_fitness)] for one in self.history],
            "scores": {
                str(images): {key: _plain(score) for key, score in known.items()}
                for images, known in self.scores.items()
            },
        }
        return json.dumps(found, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> State:
        """Read a state from its text; `where` names the text in messages.

        Raises
        ------
        SearchError
            If it is not the text of a state.
        """
        DOCUMENT.check_head(text, where)
        try:
            stored = _Stored.model_validate_json(text)
            population = tuple(
                Scored(tuple(parse_format(spec) for spec in one.formats), _score(one.fitness))
                for one in stored.population
            )
        except ValidationError as error:
            raise SearchError(f"{first_problem(error)} ({where})") from error
        except FormatError as error:
            raise SearchError(f"{error} ({where})") from error
        if not population or len(stored.history) != stored.generation + 1:
            rule = "search state must have a population and an entry of history for each generation"
            raise SearchError(f"{rule}, got {len(population)} and {len(stored.history)} ({where})")
        history = tuple(Entry(generation, images, _score(best)) for generation, images, best in stored.history)
        scores = {
            images: {key: _score(score) for key, score in known.items()} for images, known in stored.scores.items()
        }
        spent = Spent(stored.spent.images_run, stored.spent.seconds)
        return cls(stored.search, stored.generation, population, history, scores, spent)

    def write(self, path: Path) -> None:
        """Write the state to a file, whole or not at all.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        DOCUMENT.write(self.to_json(), path)

    @classmethod
    def read(cls, path: Path) -> State:
        """Read the state in a file.

        Raises
        ------
        SearchError
            If there is none.
        """
        return cls.from_json(DOCUMENT.read(path), place(path))


def place(path: Path) -> str:
    """Return what messages call a state's file: its name, and what helps where it is in the way."""
    return f"{path}; to begin anew, delete it or write to another place"


class _StoredCandidate(Frozen):
    fitness: float | None
    formats: tuple[str, ...]


class _StoredSpent(Frozen):
    images_run: NonNegativeFloat
    seconds: Mapping[str, NonNegativeFloat]


class _Stored(Frozen):
    """The keys of the file."""

    schema_name: Literal["lpasim-search"] = Field(alias="schema")
    version: Literal[1]
    search: str
    generation: NonNegativeInt
    spent: _StoredSpent
    population: tuple[_StoredCandidate, ...]
    history: tuple[tuple[NonNegativeInt, NonNegativeInt, float | None], ...]
    scores: Mapping[int, Mapping[str, float | None]]


def _plain(score: float) -> float | None:
    """Return a score as JSON has it, which knows no infinity."""
    return score if isfinite(score) else None


def _score(stored: float | None) -> float:
    return inf if stored is None else stored
