"""Told to stop: a training ends at its next step with a checkpoint, and the same command continues from there.

Clusters say it with SIGTERM (a time limit, a preemption, `scancel`). A second SIGTERM ends at once. Several processes
are told by a file that the one which started them makes: its name stands in the environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kotune.training import processes


class Stop:
    """Whether this training has been told to stop."""

    def __init__(self) -> None:
        self._told = False
        self.at: int | None = None  # the step at which it was heeded

    def _tell(self, number: int, frame: Any) -> None:
        if self._told and not processes.launched():  # a launcher tells its processes what they may know already
            signal.default_int_handler(number, frame)
        self._told = True

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Let SIGTERM ask for a stop in place of ending the process; only a main thread can hear it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self._tell)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def wanted(self) -> bool:
        """Return whether any of the processes was told; each of them must ask after the same step."""
        file = os.environ.get(processes.STOP_FILE)
        told = self._told or (file is not None and Path(file).exists())
        return processes.any_of(told)
