"""Many images at once: parts of them run side by side in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lpasim.lpq.subject import Subject

T = TypeVar("T")
R = TypeVar("R")


class Team:
    """Threads that share work out; results come in the order of the work, so that their number changes nothing."""

    def __init__(self, pool: ThreadPoolExecutor, threads: int) -> None:
        self._pool, self._threads = pool, threads

    def map(self, do: Callable[[T], R], work: Sequence[T]) -> list[R]:
        """Return what `do` gives for each piece of work."""
        return list(self._pool.map(do, work))

    def folded(self, do: Callable[[T], R], work: Sequence[T], join: Callable[[R, R], R]) -> R:
        """Return what `do` gives for all pieces of work, at least one, joined from the first to the last.

        Results may be large: beside what is joined, only few are in memory, about one for each thread.
        """

        def results() -> Iterator[R]:
            waiting: deque[Future[R]] = deque()
            for piece in work:
                waiting.append(self._pool.submit(do, piece))
                if len(waiting) > self._threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

        return reduce(join, results())


@contextmanager
def team(threads: int) -> Iterator[Team]:
    """Give a team whose members each use one core; NumPy's own threads would only be in their way."""
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        yield Team(pool, threads)


def parts_of(images: NDArray[np.float32], subject: Subject) -> list[NDArray[np.float32]]:
    """Split images [N, ...] into the parts that run together; the last one may be smaller.

    What runs them is made on the way, once and not in a thread each.
    """
    parts = [images[start : start + subject.part] for start in range(0, len(images), subject.part)]
    for size in {len(part) for part in parts}:
        subject.executor(size)
    return parts
