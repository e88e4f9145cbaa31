"""A sweep that is killed or interrupted, again and again: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import signal

import pytest
from study_models import evaluated
from study_runs import stored

from lpasim.studies.workforce import QUEUED

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals of POSIX")
POINTS = 60
LANES = 2


def since(driver, before: int) -> set[str]:
    """List what was evaluated after the first so many evaluations: nothing of it twice."""
    again = evaluated(driver.folder)[before:]
    assert len(set(again)) == len(again)
    return set(again)


def test_a_sweep_that_is_killed_at_several_moments_ends_like_one_that_was_not(driver, undisturbed):
    known: set[str] = set()
    for at in (0, 10, 30):
        before = len(evaluated(driver.folder))
        assert driver.stopped(signal.SIGKILL, max(at, len(known))) == -signal.SIGKILL
        assert not (driver.folder / "out").exists()
        assert not known & since(driver, before)
        now = stored(driver.store)
        assert now >= known
        known = now
    assert 30 <= len(known) < POINTS
    before = len(evaluated(driver.folder))
    assert driver.finished() == undisturbed
    rest = since(driver, before)
    assert (rest & known, len(rest)) == (set(), POINTS - len(known))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_keeps_what_is_done_and_leaves_no_folder(driver, undisturbed, number, code):
    assert driver.stopped(number, 10) == code
    known, before = stored(driver.store), evaluated(driver.folder)
    assert {path.name for path in driver.folder.iterdir()} == {"points.sqlite", "evaluated"}
    assert len(set(before) - known) <= QUEUED * LANES  # a lane goes on while what it gave back is being stored
    assert driver.finished() == undisturbed
    assert not known & since(driver, len(before))


def test_a_finished_sweep_evaluates_nothing_again(driver, undisturbed):
    assert driver.finished() == driver.finished(processes=True) == undisturbed
    assert len(evaluated(driver.folder)) == POINTS
