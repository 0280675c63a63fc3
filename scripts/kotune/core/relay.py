"""Relay: what jobs say reaches the terminal through the one process that draws on it.

Snakemake's progress display redraws the last lines of a terminal and would wipe out what another process writes there.
So the workflow listens at a named pipe, in a temporary folder, and prints each line above its display.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

VARIABLE = "KOTUNE_RELAY"  # names the pipe to jobs


def listen(show: Callable[[str], None]) -> None:
    """Hand each line that a job of this process says to ``show``, from a thread, until the process ends."""
    try:
        folder = tempfile.mkdtemp(prefix="kotune-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        pipe = Path(folder, "said")
        os.mkfifo(pipe)
        # for writing too: the end of one job is not the end of what there is to read
        lines = os.fdopen(os.open(pipe, os.O_RDWR), encoding="utf-8", errors="replace")
    except OSError:  # jobs write to the terminal themselves
        return
    os.environ[VARIABLE] = str(pipe)
    threading.Thread(target=lambda: [show(line.rstrip("\n")) for line in lines], daemon=True).start()


def connect() -> TextIO | None:
    """Return the stream that reaches the listening workflow; None where there is none, as on another machine."""
    try:
        pipe = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(pipe, True)
        return os.fdopen(pipe, "w", buffering=1, encoding="utf-8", errors="replace")
    except (KeyError, OSError):
        return None
