"""Signals that end the program take the way of Ctrl-C, and leave the process as it was."""

from __future__ import annotations

import signal
import threading

import pytest

from lpasim.cli.stops import Stopped, Stops


@pytest.fixture
def defaults():
    """The handlers that a process starts with."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code", "reason"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "hung up")]
)
@pytest.mark.usefixtures("defaults")
def test_the_first_signal_counts(number, code, reason):
    with Stops() as stops:
        assert (stops.code, stops.reason) == (130, "interrupted")
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        assert (stops.code, stops.reason) == (code, reason)
    assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


@pytest.mark.usefixtures("defaults")
def test_ctrl_c_again_ends_the_clean_up():
    with Stops() as stops:
        for number in (signal.SIGTERM, signal.SIGINT):
            with pytest.raises(Stopped):
                signal.raise_signal(number)
        assert stops.code == 143  # what began it


@pytest.mark.usefixtures("defaults")
def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stops() as stops:
        signal.raise_signal(signal.SIGHUP)
        assert stops.code == 130
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_other_threads_may_not_set_handlers():
    faults = []

    def body():
        try:
            with Stops():
                pass
        except ValueError as error:
            faults.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert faults == []
