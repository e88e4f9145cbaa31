"""What became of a point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Statistics = dict[str, int | float | None]
"""A value for each flat column of `lpasim.reports.statistics.SUMMARY_STATS`."""


class Status(StrEnum):
    """How a point ended.

    `FAILED` points fail again whenever they are tried: the accelerator cannot run the workload. `BROKEN` ones may not:
    a worker was killed, or memory was short. A later run tries these again.
    """

    DONE = "done"
    FAILED = "failed"
    BROKEN = "broken"

    @property
    def is_final(self) -> bool:
        """Whether the point need not be tried again."""
        return self is not Status.BROKEN


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a point, or why there are none, in one line."""

    status: Status
    statistics: Statistics | None = None
    error: str = ""


def failed(error: BaseException) -> Outcome:
    """Return the outcome of a point that the accelerator cannot run."""
    return Outcome(Status.FAILED, error="; ".join(str(error).splitlines()))


def broken(reason: str) -> Outcome:
    """Return the outcome of a point that something else has stopped."""
    return Outcome(Status.BROKEN, error="; ".join(reason.splitlines()))
