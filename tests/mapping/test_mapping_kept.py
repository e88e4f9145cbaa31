"""Values that are kept for many tiles: made once, and never more of them than there is room for."""

from __future__ import annotations

from lpasim.mapping.kept import MOST_KEPT, kept


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
