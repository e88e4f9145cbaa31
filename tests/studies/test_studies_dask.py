"""The same sweep on a real Dask cluster: a scheduler and two workers, one of which is killed in the middle."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import pytest
import study_driver
from study_models import Stub, evaluated
from study_runs import ENVIRONMENT, files_of, stored

from lpasim.errors import StudyError
from lpasim.studies.crews import open_crew

pytest.importorskip("distributed", reason="needs the extra dask")
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals of POSIX")
POINTS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(*args: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "distributed.cli.dask_" + args[0], *args[1:]]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and the processes of its two workers and its own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = started("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard")
    place = ("--local-directory", str(tmp_path), "--no-dashboard", "--nthreads", "1", "--no-nanny")
    workers = [started("worker", address, *place) for _ in range(2)]
    try:
        yield address, [*workers, scheduler]
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait(timeout=10)


def both_connected(crew) -> bool:
    deadline = time.monotonic() + 60
    while len(crew._client.nthreads()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(crew._client.nthreads()) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_cluster_that_loses_a_worker_gives_the_same_files(driver, undisturbed, cluster):
    address, processes = cluster
    crew = open_crew(Stub(driver.folder, 0.05), scheduler=address)
    assert both_connected(crew)
    killed = []

    class Watched:
        """The crew; when a lane has given back some points, a worker dies."""

        size = 2
        stop, is_lost = crew.stop, crew.is_lost

        def open(self):
            lane = crew.open()
            submit = lane.submit

            def watched(task):
                if len(evaluated(driver.folder)) > 15 and not killed:
                    killed.append(len(stored(driver.store)))
                    processes[0].kill()
                return submit(task)

            lane.submit = watched
            return lane

    study_driver.run(driver.folder, crew=Watched())
    assert 0 < killed[0] < POINTS
    assert processes[0].wait(timeout=10) == -signal.SIGKILL
    assert files_of(driver.folder / "out") == undisturbed
    assert len(evaluated(driver.folder)) <= POINTS + 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_sweep_whose_scheduler_dies_ends_with_one_line_and_goes_on(driver, undisturbed, cluster, capfd):
    address, processes = cluster
    crew = open_crew(Stub(driver.folder, 0.05), scheduler=address)

    def kill(state):
        if state.evaluated == 10:
            processes[-1].kill()

    with pytest.raises(StudyError, match=rf"the scheduler must stay, got a lost connection \({address}\)"):
        study_driver.run(driver.folder, crew=crew, listener=kill)
    assert 10 <= len(stored(driver.store)) < POINTS
    assert capfd.readouterr() == ("", "")
    known, before = stored(driver.store), evaluated(driver.folder)
    assert driver.finished() == undisturbed
    assert not known & set(evaluated(driver.folder)[len(before) :])


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("lpasim.studies.dask_lanes.PATIENCE_S", 0.5)
    with pytest.raises(StudyError, match="--scheduler must be that of a Dask cluster, got 'tcp:"):
        open_crew(Stub(None), scheduler=f"tcp://127.0.0.1:{free_port()}")


def test_jobs_are_for_this_machine_only():
    with pytest.raises(StudyError, match="jobs must be left to the scheduler"):
        open_crew(Stub(None), jobs=2, scheduler="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    "address", ["nonsense", "http://127.0.0.1:80", "tcp://127.0.0.1", "tcp://:8786", "tcp://a b:1", ""]
)
def test_addresses_that_dask_would_hang_at_are_refused(address):
    pytest.importorskip("distributed")
    with pytest.raises(StudyError, match=r"^--scheduler must have the form tcp://HOST:PORT, got "):
        open_crew(Stub(None), scheduler=address)
