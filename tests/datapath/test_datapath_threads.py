"""Threads of products: every part is done once, errors come through, and a forked process has threads of its own."""

import multiprocessing
import sys
import threading

import pytest

from lpasim.datapath.threads import side_by_side


def test_every_part_is_done_once_and_the_first_here():
    done, places = [], {}

    def work(begin, end):
        done.append((begin, end))
        places[begin] = threading.get_ident()

    side_by_side(work, [0, 3, 3, 7, 10])
    assert sorted(done) == [(0, 3), (3, 7), (7, 10)]
    assert places[0] == threading.get_ident()
    assert threading.get_ident() not in {places[3], places[7]}


@pytest.mark.parametrize("edges", [[0], [0, 0], [4, 4, 4]])
def test_nothing_to_do_is_one_empty_part(edges):
    done = []
    side_by_side(lambda begin, end: done.append(end - begin), edges)
    assert done == [0]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_error_comes_through_when_all_parts_are_over(failing):
    done, go = [], threading.Event()

    def work(begin, end):
        if begin == failing:
            go.set()
            raise ValueError(f"part {begin}")
        go.wait(10)
        done.append(begin)

    with pytest.raises(ValueError, match=f"part {failing}"):
        side_by_side(work, [0, 1, 2, 3])
    assert sorted(done) == [part for part in range(3) if part != failing]


def count(begin, end):
    pass


def in_child(queue):
    side_by_side(count, [0, 1, 2])
    queue.put("done")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_starts_threads_anew():
    side_by_side(count, [0, 1, 2])
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    try:
        assert queue.get(timeout=20) == "done"
    finally:
        child.join(5)
        child.kill()
