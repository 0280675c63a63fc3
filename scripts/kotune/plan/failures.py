"""Failures: what the terminal shows of a failed job, and what stops a run before its first job.

Reads the logs of jobs; writes nothing. Snakemake shows a failed job with its whole command and its whole log. A job
that has said in one line what is wrong is shown by that line, and the line stands last. Nothing is lost: the jobs' logs
and Snakemake's own log file (.snakemake/log/) hold all of it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import FULL, HINTS

MARK = "error: "
ROOM = 2**24  # bytes without which a run is not begun
CLOCKS = 2.0  # seconds that a file system's clock may be behind


def reason_in(log: str | os.PathLike, since: float = 0.0) -> str | None:
    """Return what a job said was wrong, the last line of its log; None where it said nothing, or before ``since``."""
    try:
        if os.stat(log).st_mtime < since - CLOCKS:
            return None
        last = Path(log).read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
    except OSError:
        return None
    return last.removeprefix(MARK) if last.startswith(MARK) else None


class OneLine(logging.Filter):
    """Drops Snakemake's account of a job that has said what is wrong; an error of the system becomes one line."""

    def __init__(self) -> None:
        super().__init__()
        self.started = time.time()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is shown; it is the handler's own copy and may be changed."""
        text = record.getMessage()
        if getattr(record, "event", None) == "job_error":
            if any(reason_in(log, self.started) for log in record.log):
                return False
            if not all(os.path.isfile(log) for log in record.log):  # the logs would be printed
                record.event = None
            return True
        command = re.search(r"CalledProcessError.* --log (\S+)", text, re.DOTALL)
        if command:
            return reason_in(command[1].rstrip("'"), self.started) is None
        system = re.search(r"^\w*Error: \[Errno (\d+)\] (.*)", text, re.MULTILINE)
        if record.levelno >= logging.ERROR and "Traceback" in text and system:
            hint = HINTS.get(int(system[1]))
            record.msg, record.args = f"{MARK}{system[2]}{f' ({hint})' if hint else ''}", ()
        return True

    def stop(self, folder: str | os.PathLike) -> None:
        """End a run in which jobs failed with their reasons, and where no job gave one with what Snakemake says."""
        lines = []
        for log in sorted(Path(folder).rglob("*.log")):
            reason = reason_in(log, self.started)
            if reason:
                lines.append(f"{MARK}{reason}\n       log: {log}")
        if lines:
            sys.exit("\n".join(lines))


def check_places(folders: Iterable[str | os.PathLike]) -> None:
    """Raise UserError where results cannot be written: a part of a path is a file, or may not be written to."""
    for folder in folders:
        there = Path(folder)
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            raise UserError(
                f"{there}: is a file, and a folder for results must stand there; move it away and run again"
            )
        if not os.access(there, os.W_OK | os.X_OK):
            raise UserError(
                f"{there}: no permission to write; change its owner or mode, or choose another folder with --directory"
            )
        if shutil.disk_usage(there).free < ROOM:
            raise UserError(f"{there.resolve()}: {FULL}, or choose another folder with --directory")
