"""Work that is shared out: in order, and with few results in memory."""

from __future__ import annotations

from threading import Lock

import pytest

from lpasim.lpq.crowd import team


class Result:
    """Something large; it is counted how many there are at a time."""

    lock, living, most = Lock(), 0, 0

    def __init__(self, text):
        self.text = text
        with Result.lock:
            Result.living += 1
            Result.most = max(Result.most, Result.living)

    def __del__(self):
        with Result.lock:
            Result.living -= 1


def join(total, part):
    total.text += part.text
    return total


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_joined_in_order_and_few_are_alive(threads):
    Result.most = 0
    with team(threads) as members:
        joined = members.folded(lambda number: Result(f"{number} "), range(40), join)
        assert joined.text.split() == [str(number) for number in range(40)]
        assert Result.most <= 2 * threads + 3  # a thread may hold one a little longer
        assert members.folded(lambda number: [number], [7], list.__add__) == [7]


def test_an_error_in_a_thread_is_raised():
    with team(2) as members, pytest.raises(ZeroDivisionError):
        members.folded(lambda number: 1 / number, [1, 0, 2], float.__add__)
