"""A sweep that is killed or interrupted, again and again: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import signal
from collections import Counter

import pytest
from study_models import evaluated
from study_runs import stored

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals of POSIX")
POINTS = 60
LANES, QUEUED = 2, 2


def check_nothing_twice(driver, before):
    """What was stored is not evaluated again; only what was under way may be."""
    again = Counter(evaluated(driver.folder))
    assert not any(count > 1 for key, count in again.items() if key in before)


def test_a_sweep_that_is_killed_at_several_moments_ends_like_one_that_was_not(driver, undisturbed):
    known = set()
    for at in (0, 1, 17, 40):
        assert driver.stopped(signal.SIGKILL, max(at, len(known))) == -signal.SIGKILL
        assert not (driver.folder / "out").exists()
        now = stored(driver.store)
        assert now >= known
        check_nothing_twice(driver, known)
        known = now
    assert 40 <= len(known) < POINTS
    before = len(evaluated(driver.folder))
    assert driver.finished() == undisturbed
    assert len(evaluated(driver.folder)) == before + POINTS - len(known)
    check_nothing_twice(driver, known)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_keeps_what_is_done_and_leaves_no_folder(driver, undisturbed, number, code):
    assert driver.stopped(number, 10) == code
    known = stored(driver.store)
    assert {path.name for path in driver.folder.iterdir()} == {"points.sqlite", "evaluated"}
    under_way = set(evaluated(driver.folder)) - known
    assert len(under_way) <= LANES * QUEUED
    assert driver.finished() == undisturbed
    check_nothing_twice(driver, known)


def test_a_finished_sweep_evaluates_nothing_again(driver, undisturbed):
    assert driver.finished(jobs=1) == driver.finished(jobs=3) == undisturbed
    assert len(evaluated(driver.folder)) == POINTS
