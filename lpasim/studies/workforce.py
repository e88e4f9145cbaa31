"""The lanes at work: each gets points, and whatever comes back is stored at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from lpasim.errors import StudyError
from lpasim.studies.lanes import Crew, Lane
from lpasim.studies.outcome import Outcome, broken
from lpasim.studies.simulator import Task
from lpasim.studies.store import Store

QUEUED = 2
"""Points at a lane: the one that it is at, and one that it can start while the first is being stored."""
ATTEMPTS = 2
"""Workers that a point may cost."""
MOST_FALSE_STARTS = 2
"""Workers that may die before they are ready, one after the other: more cannot be chance."""
HINT = 'a script must guard its own code by: if __name__ == "__main__":'
LOST = f"a worker must survive the point, got {ATTEMPTS} that were killed (out of memory?)"


EVALUATED, STORED, HOPELESS = "evaluated", "stored", "hopeless"
"""Why a point needs no more work: it has been evaluated now, or before, or never will be."""
Settled = Callable[[str], None]
"""Called for each point that needs no more work, with the reason."""


@dataclass(frozen=True, slots=True)
class Job:
    """A point that must be evaluated, and how many workers it has cost."""

    key: bytes
    task: Task
    lost: int = 0


def _has_outcome(future: Future[Outcome]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


@dataclass
class _Place:
    """A lane, what it has been given and not returned yet, and what it gets next."""

    lane: Lane
    given: deque[tuple[Future[Outcome], Job]] = field(default_factory=deque)
    next: deque[Job] = field(default_factory=deque)


class Workforce:
    """The lanes of a crew. Whatever has come back when it closes is stored.

    Parameters
    ----------
    crew : Crew
    store : Store
    """

    def __init__(self, crew: Crew, store: Store) -> None:
        self._crew, self._store = crew, store
        self._settled: Settled = lambda why: None
        self._places: list[_Place] = []
        self._under_way: set[bytes] = set()
        self._false_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                given = [pair for place in self._places for pair in place.given]
                self._keep([(job.key, future.result()) for future, job in given if _has_outcome(future)])
        finally:
            for place in self._places:
                place.lane.stop()
            self._crew.stop()

    def evaluate(self, groups: Iterator[list[Job]], settled: Settled) -> None:
        """Evaluate groups of points; those of a group have much in common.

        Raises
        ------
        StudyError
            If the store fails, no worker starts, or one has another model.
        """
        self._settled = settled
        while True:
            self._fill(groups)
            futures = [future for place in self._places for future, _ in place.given]
            if not futures:
                return
            wait(futures, return_when=FIRST_COMPLETED)
            self._collect()

    def _fill(self, groups: Iterator[list[Job]]) -> None:
        """Give each lane as much as it may have; lanes are opened when there is something for them to do."""
        for place in self._places:
            self._give(place, groups)
        while len(self._places) < self._crew.size and (jobs := self._new(groups) or self._taken_over()):
            place = _Place(self._crew.open(), next=deque(jobs))
            self._places.append(place)
            self._give(place, groups)

    def _give(self, place: _Place, groups: Iterator[list[Job]]) -> None:
        while len(place.given) < QUEUED:
            if not place.next:
                place.next.extend(self._new(groups) or self._taken_over())
            if not place.next:
                return
            job = place.next.popleft()
            place.given.append((place.lane.submit(job.task), job))

    def _new(self, groups: Iterator[list[Job]]) -> list[Job]:
        """Take the next group, without points that are under way under another number."""
        for group in groups:
            jobs = list({job.key: job for job in group if job.key not in self._under_way}.values())
            self._under_way.update(job.key for job in jobs)
            for _ in range(len(group) - len(jobs)):
                self._settled(STORED)
            if jobs:
                return jobs
        return []

    def _taken_over(self) -> list[Job]:
        """Take a point from the lane that has most to do, when no group is left."""
        longest = max(self._places, key=lambda place: len(place.next), default=None)
        return [longest.next.pop()] if longest is not None and longest.next else []

    def _collect(self) -> None:
        """Store all that has come back, in one transaction, and replace the lanes whose worker is gone."""
        outcomes: list[tuple[bytes, Outcome]] = []
        try:
            for place in self._places:
                while place.given and place.given[0][0].done():
                    outcomes += self._returned(place)
        finally:
            self._keep(outcomes)

    def _returned(self, place: _Place) -> Iterable[tuple[bytes, Outcome]]:
        """Return what has come of the first point of a lane, if it is not to be tried again."""
        future, job = place.given.popleft()
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            return [(job.key, future.result())]
        if self._crew.is_lost(error):
            return self._replace(place, job)
        if isinstance(error, StudyError):
            raise error
        return [(job.key, broken(f"{type(error).__name__}: {error}"))]

    def _replace(self, place: _Place, job: Job) -> Iterable[tuple[bytes, Outcome]]:
        """Put a lane in the place of one that is lost: its first point had to do with that, the others did not."""
        again, lost = [given for _, given in place.given], job.lost + place.lane.has_started
        self._false_starts = 0 if place.lane.has_started else self._false_starts + 1
        if self._false_starts > MOST_FALSE_STARTS:
            raise StudyError(f"workers must start, got {self._false_starts} that ended before they were ready; {HINT}")
        place.given.clear()
        place.lane.stop()
        place.lane = self._crew.open()
        if lost < ATTEMPTS:
            again.insert(0, Job(job.key, job.task, lost))
        place.next.extendleft(reversed(again))
        return [] if lost < ATTEMPTS else [(job.key, broken(LOST))]

    def _keep(self, outcomes: list[tuple[bytes, Outcome]]) -> None:
        if outcomes:
            self._store.put(outcomes)
        for key, _ in outcomes:
            self._under_way.discard(key)
            self._settled(EVALUATED)
