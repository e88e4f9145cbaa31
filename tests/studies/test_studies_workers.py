"""Workers that die or run out of memory, and points that fail: the others go on, and chance leaves no trace."""

from __future__ import annotations

import pandas as pd
import pytest
import study_driver
from study_models import Stub, evaluated
from study_runs import stored

from lpasim.errors import StudyError
from lpasim.studies import load
from lpasim.studies.lanes import Processes
from lpasim.studies.workforce import LOST

POINT = "array.rows=3,array.cols=2,buffers.weight=1024"
PLACE = (3 - 1) * 10 + (2 - 1) * 2
POINTS = 60


def ordered(driver, how):
    (driver.folder / POINT).write_text(how)


def row_of(driver) -> pd.Series:
    points = load(driver.folder / "out")
    others = points[points["point"] != PLACE]
    assert set(others["status"]) == {"done"}
    assert (len(points), set(others["error"])) == (POINTS, {""})
    return points.iloc[PLACE]


def test_a_worker_that_dies_by_chance_leaves_no_trace(driver, undisturbed):
    ordered(driver, "once-die")
    assert driver.finished(processes=True) == undisturbed
    assert len(evaluated(driver.folder)) == POINTS + 1


def test_a_point_that_kills_each_worker_fails_and_is_tried_again_later(driver, undisturbed):
    ordered(driver, "die")
    driver.finished(processes=True)
    row = row_of(driver)
    assert (row["status"], row["error"], bool(row["pareto"])) == ("failed", LOST, False)
    assert row[["cycles", "latency_ms"]].isna().all()
    assert (len(evaluated(driver.folder)), len(stored(driver.store))) == (POINTS + 1, POINTS - 1)
    (driver.folder / POINT).unlink()
    assert driver.finished() == undisturbed


def test_memory_that_runs_out_is_no_verdict(driver, undisturbed):
    ordered(driver, "once-memory")
    driver.finished()
    assert row_of(driver)["error"] == "the point must fit the memory, got none left"
    assert driver.finished() == undisturbed


def test_a_point_that_cannot_work_is_recorded_once_and_for_all(driver):
    ordered(driver, "fit")
    first = driver.finished()
    assert row_of(driver)["error"] == "a layer must fit, got one that does not"
    assert driver.finished() == first
    assert len(evaluated(driver.folder)) == POINTS == len(stored(driver.store))


def test_a_fault_of_the_model_stops_no_other_point_and_is_not_kept(driver, undisturbed):
    ordered(driver, "bug")
    driver.finished()
    assert row_of(driver)["error"] == "ZeroDivisionError: a fault of the model"
    (driver.folder / POINT).unlink()
    assert driver.finished() == undisturbed


class Refusing(Stub):
    """Cannot be read back by a worker, as the script of somebody who forgot to guard it."""

    def __reduce__(self):
        return pytest.fail, ("a worker must not start",)


def test_workers_that_never_start_are_an_error_and_not_a_verdict(driver):
    with pytest.raises(StudyError, match="workers must start, got 3 that ended before they were ready"):
        study_driver.run(driver.folder, crew=Processes(Refusing(driver.folder), 1))
    assert (evaluated(driver.folder), stored(driver.store)) == ([], set())


class Edited(Stub):
    """Is read back by a worker that has another lpasim."""

    def __reduce__(self):
        return with_another_model, (self.folder,)


def with_another_model(folder):
    from lpasim.studies import identity

    identity.model_version = lambda: "another"
    return Stub(folder)


def test_a_worker_with_another_model_gives_no_results(driver):
    """Somebody edits lpasim while a sweep runs, and a worker that has died is replaced by one that has the edit."""
    with pytest.raises(StudyError, match=r"workers must have the model 0\..*, got another; nothing stored is lost"):
        study_driver.run(driver.folder, crew=Processes(Edited(driver.folder), 1))
    assert (evaluated(driver.folder), stored(driver.store)) == ([], set())
