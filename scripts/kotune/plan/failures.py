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
LEAST = 2**16  # bytes without which a job cannot even log why it ends
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
        self.told: set[str] = set()  # errors of the system: several jobs meet one full disk

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is shown; it is the handler's own copy and may be changed."""
        text = record.getMessage()
        if getattr(record, "event", None) == "job_error":
            if any(reason_in(log, self.started) or not has_room(log) for log in record.log):
                return False
            if not all(os.path.isfile(log) for log in record.log):  # the logs would be printed
                record.event = None
            return True
        command = re.search(r"CalledProcessError.* --log (\S+)", text, re.DOTALL)
        if command:
            log = command[1].rstrip("'")
            return reason_in(log, self.started) is None and has_room(log)
        system = re.search(r"^\w*Error: \[Errno (\d+)\] (.*)", text, re.MULTILINE) if "Traceback" in text else None
        system = system or re.match(r"WorkflowError:.*?\[Errno (\d+)\] ([^)\n]*)", text, re.DOTALL)
        if record.levelno >= logging.ERROR and system:
            hint = HINTS.get(int(system[1]))
            record.msg, record.args = f"{MARK}{system[2]}{f' ({hint})' if hint else ''}", ()
            known = record.msg in self.told
            self.told.add(record.msg)
            return not known
        return True

    def stop(self, folder: str | os.PathLike) -> None:
        """End a run in which jobs failed with their reasons, and where no job gave one with what Snakemake says."""
        lines = []
        for log in sorted(Path(folder).rglob("*.log")):
            reason = reason_in(log, self.started)
            if reason:
                lines.append(f"{MARK}{reason}\n       log: {log}")
        if not has_room(folder):  # a log that could not be written has no last line
            lines.append(f"{MARK}{folder}: cannot write, {FULL}")
        if lines:
            sys.exit("\n".join(lines))


def has_room(place: str | os.PathLike) -> bool:
    """Return whether something can still be written where a file lies, or would lie."""
    there = Path(place)
    while not os.path.exists(there) and there != there.parent:
        there = there.parent
    try:
        return shutil.disk_usage(there).free >= LEAST
    except OSError:
        return True


def log_without_room() -> None:
    """Have a log that cannot be written say so once, in one line, instead of with a traceback for each of its lines."""
    whole, told = logging.Handler.handleError, []

    def handle_error(handler: logging.Handler, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError) or error.errno not in HINTS:
            whole(handler, record)
        elif not told:
            told.append(error)
            print(f"{MARK}a log cannot be written, {HINTS[error.errno]}", file=sys.stderr)

    logging.Handler.handleError = handle_error  # type: ignore[method-assign]


def check_places(folders: Iterable[str | os.PathLike]) -> None:
    """Raise UserError where results cannot be written: a part of a path is a file, or may not be written to."""
    for folder in folders:
        there = Path(folder)
        while not os.path.exists(there) and there != there.parent:
            there = there.parent
        if not os.path.isdir(there):
            raise UserError(
                f"{there}: is a file, and a folder for results must stand there; move it away and run again"
            )
        if not os.access(there, os.W_OK | os.X_OK):
            raise UserError(
                f"{there}: no permission to write; change its owner or mode, or choose another folder with --directory"
            )
        if shutil.disk_usage(there).free < ROOM:
            raise UserError(f"{there.resolve()}: {FULL}, or choose another folder with --directory")
