"""Told to stop: one SIGTERM is heeded at the next step, a second one at once, and a file tells several processes."""

import os
import signal
import threading

import pytest

from kotune.training import processes
from kotune.training.stopping import Stop


def tell():
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_first_signal_asks_and_the_second_ends():
    stop, before = Stop(), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), stop.heeded():
        assert not stop.wanted()
        tell()
        assert stop.wanted()
        tell()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_file_tells_processes_that_no_signal_reaches(tmp_path, monkeypatch):
    monkeypatch.setenv(processes.STOP_FILE, str(tmp_path / "stop"))
    stop = Stop()
    assert not stop.wanted()
    (tmp_path / "stop").touch()
    assert stop.wanted()


def test_outside_the_main_thread_signals_are_left_alone():
    seen = []

    def work():
        with Stop().heeded():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [before]
