"""Values that are kept for many tiles: made once, and never more of them than there is room for."""

from __future__ import annotations

from lpasim.mapping.kept import MOST_KEPT, KeptLists, kept


def test_a_value_is_made_once() -> None:
    values: dict[int, tuple[int, ...]] = {}
    made: list[int] = []

    def make(key: int) -> tuple[int, ...]:
        made.append(key)
        return () if key % 2 else (key,)

    for key in (4, 5, 4, 5):
        assert kept(values, key, lambda key=key: make(key)) == (() if key % 2 else (key,))
    assert made == [4, 5]


def test_memory_is_bounded() -> None:
    values: dict[int, int] = {}
    for key in range(3 * MOST_KEPT):
        assert kept(values, key, lambda key=key: key + 1) == key + 1
        assert len(values) <= MOST_KEPT


def test_threads_that_fill_at_once_do_not_undo_the_bound() -> None:
    values = dict.fromkeys(range(MOST_KEPT + 1), 0)
    assert kept(values, -1, lambda: 7) == 7
    assert values == {-1: 7}


def test_of_lists_those_asked_for_longest_ago_go_first() -> None:
    lists, made = KeptLists[int, int](10), []

    def get(key: int) -> None:
        def make() -> list[int]:
            made.append(key)
            return [key] * 4

        assert list(lists.get(key, make)) == [key] * 4

    for key in (1, 1, 2, 1):
        get(key)
    assert made == [1, 2]
    for key in (3, 1, 3):  # 12 items are too many, and 2 was asked for before 1
        get(key)
    assert made == [1, 2, 3]
    get(2)
    assert made == [1, 2, 3, 2]


def test_a_list_that_is_too_long_comes_in_full_and_is_not_kept() -> None:
    lists = KeptLists[str, int](10)
    assert list(lists.get("short", lambda: range(3))) == [0, 1, 2]
    for _ in range(2):
        assert list(lists.get("long", lambda: iter(range(25)))) == list(range(25))
    assert list(lists.get("short", list)) == [0, 1, 2]
