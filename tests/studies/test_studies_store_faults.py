"""Stores that are torn, damaged, full, busy or foreign: nothing stored is lost, and one line says what to do."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import study_small_disk
from study_models import evaluated
from study_runs import ENVIRONMENT, files_of, stored
from study_small_disk import PRIVATE

from lpasim.errors import StudyError
from lpasim.studies.outcome import Outcome, Status, broken
from lpasim.studies.store import Store

POINTS = 60


def error_of(driver) -> str:
    with pytest.raises(StudyError) as error:
        driver.finished()
    assert not (driver.folder / "out").exists()
    return str(error.value)


def tear(path: str) -> None:
    """Die in the middle of writing a transaction, when half of it is in the file already."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA cache_size = 1")
    base.execute("BEGIN IMMEDIATE")
    base.execute("UPDATE points SET status = 'done', content = hex(randomblob(3000)), crc = 1")
    os._exit(1)


def test_a_torn_write_is_undone(driver, undisturbed):
    driver.finished()
    (driver.folder / "out").rename(driver.folder / "before")
    whole = driver.store.read_bytes()
    tearing = multiprocessing.get_context("spawn").Process(target=tear, args=(str(driver.store),))
    tearing.start()
    tearing.join()
    journal = driver.store.with_name(f"{driver.store.name}-journal")
    assert journal.stat().st_size > 0
    assert driver.store.read_bytes() != whole
    assert driver.finished() == undisturbed
    assert not journal.exists()
    assert len(evaluated(driver.folder)) == POINTS


@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_a_truncated_store_is_refused_and_starts_anew_when_it_is_moved_away(driver, undisturbed, keep):
    driver.finished()
    content = driver.store.read_bytes()
    driver.store.write_bytes(content[: int(keep * len(content))])
    (driver.folder / "out").rename(driver.folder / "before")
    message = error_of(driver)
    rule = "store must be intact, got a damaged file"
    assert message == f"{rule} ({driver.store}); move it away, and its points are simulated again"
    driver.store.rename(driver.folder / "damaged")
    assert driver.finished() == undisturbed


def test_a_row_that_was_changed_is_evaluated_again(driver, undisturbed):
    driver.finished()
    with sqlite3.connect(driver.store) as base:
        base.execute("UPDATE points SET content = replace(content, '1', '2') WHERE rowid = 7")
    assert driver.finished() == undisturbed
    assert len(evaluated(driver.folder)) == POINTS + 1


@pytest.mark.skipif(os.name != "posix", reason="needs limits of POSIX")
def test_a_file_that_may_not_grow_keeps_what_it_has(driver, undisturbed):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        message = error_of(driver)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert message.startswith("store must ")
    assert message.endswith("nothing stored is lost")
    check_goes_on(driver, undisturbed)


def check_goes_on(driver, undisturbed):
    """What was stored when there was no more room is not evaluated again."""
    known, before = stored(driver.store), len(evaluated(driver.folder))
    assert 0 < len(known) < POINTS
    assert driver.finished() == undisturbed
    assert len(evaluated(driver.folder)) == before + POINTS - len(known)


def test_a_full_disk_keeps_what_it_has(tmp_path, undisturbed):
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        allowed = subprocess.run(
            [*PRIVATE, "mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True, timeout=10
        )
    except FileNotFoundError:
        pytest.skip("a small file system needs unshare and mount")
    if allowed.returncode:
        pytest.skip("a small file system needs user namespaces")
    command = [*PRIVATE, sys.executable, study_small_disk.__file__, str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert (done.returncode, done.stderr, list(disk.iterdir())) == (0, "", [])
    found = json.loads(done.stdout)
    store = disk / "points.sqlite"
    assert (
        found["told"] == f"store must have room to grow, got a full disk ({store}); make room: nothing stored is lost"
    )
    assert (found["there"], files_of(tmp_path / "results")) == (False, undisturbed)
    assert 0 < found["known"] < POINTS
    assert found["after"] == found["before"] + POINTS - found["known"]


def test_two_sweeps_at_once_share_a_store(driver, undisturbed):
    other = threading.Thread(target=driver.started(0.01).communicate)
    other.start()
    assert driver.finished() == undisturbed
    other.join()
    assert driver.finished() == undisturbed
    assert POINTS <= len(evaluated(driver.folder)) <= 2 * POINTS


def test_two_studies_that_make_a_store_at_once_share_it(tmp_path, monkeypatch):
    """The second makes it while the first looks whether it is there."""
    path, connect, others = tmp_path / "points.sqlite", sqlite3.connect, []

    class Overtaken(sqlite3.Connection):
        def execute(self, statement, *parameters):
            if "sqlite_master" in statement and not others:
                others.append(threading.Thread(target=lambda: Store(path).__exit__(None, None, None)))
                others[0].start()
                others[0].join(0.3)
            return super().execute(statement, *parameters)

    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect(*args, factory=Overtaken, **more))
    with Store(path) as store:
        others[0].join()
        assert len(store) == 0


def test_a_store_waits_for_another_writer(tmp_path):
    path = tmp_path / "points.sqlite"
    with Store(path) as store:
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, lambda: other.execute("COMMIT")).start()
        store.put([(b"key", Outcome(Status.DONE, {"cycles": 1}))])
        assert store.get(b"key") == Outcome(Status.DONE, {"cycles": 1})
        other.close()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (
            b"no database, but long enough for SQLite to look at" * 4,
            "be a store",
        ),
        (None, "be one of lpasim"),
    ],
)
def test_another_file_is_refused_and_left_alone(tmp_path, content, rule):
    path = tmp_path / "points.sqlite"
    if content is None:
        with sqlite3.connect(path) as base:
            base.execute("CREATE TABLE other (key)")
        base.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(StudyError, match=rule):
        Store(path)
    assert path.read_bytes() == before


def test_a_folder_or_a_place_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "points.sqlite"):
        with pytest.raises(StudyError, match="store must "):
            Store(path)


def test_outcomes_come_back_exactly(tmp_path):
    outcomes = {
        b"a": Outcome(Status.DONE, {"cycles": 2**60, "latency_ms": 0.1 + 0.2, "average_weight_bits": None}),
        b"b": Outcome(Status.FAILED, error="a layer must fit, got none: \N{GREEK SMALL LETTER MU}"),
    }
    with Store(tmp_path / "s") as store:
        store.put(outcomes.items())
    with Store(tmp_path / "s") as store:
        assert {key: store.get(key) for key in outcomes} == outcomes
        assert (len(store), store.get(b"c"), store.status(b"b")) == (2, None, Status.FAILED)


def test_what_is_final_stays_and_what_is_broken_is_replaced(tmp_path):
    done = Outcome(Status.DONE, {"cycles": 1})
    with Store(tmp_path / "s") as store:
        for first, second, kept in [
            (done, broken("x"), done),
            (broken("x"), done, done),
            (broken("x"), broken("y"), 1),
        ]:
            key = repr((first, second)).encode()
            store.put([(key, first)])
            store.put([(key, second)])
            assert store.get(key) == (broken("y") if kept == 1 else kept)


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path):
    def two():
        yield b"a", Outcome(Status.DONE, {"cycles": 1})
        raise KeyboardInterrupt

    with Store(tmp_path / "s") as store:
        with pytest.raises(KeyboardInterrupt):
            store.put(two())
        assert (len(store), Path(store.path).exists()) == (0, True)
        store.put([(b"b", broken("x"))])
        assert len(store) == 1
