"""Threads that stay, because starting one takes longer than a small matrix product."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="lpasim")


if hasattr(os, "register_at_fork"):  # a forked process has the pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def side_by_side(work: Callable[[int, int], None], edges: Sequence[int]) -> None:
    """Do work from each edge to the next, the first part in the calling thread and each other in one of its own.

    Parameters
    ----------
    work
        Takes the two edges of a part. It must not call this function itself.
    edges
        Of the parts, ascending; empty parts are left out.
    """
    (mine, *others) = [part for part in pairwise(edges) if part[0] < part[1]] or [(0, 0)]
    started: list[Future[None]] = [_pool(len(others)).submit(work, *part) for part in others]
    try:
        work(*mine)
    finally:
        wait(started)
    for future in started:
        future.result()
