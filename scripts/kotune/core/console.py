"""What a user sees while a rule runs: one line when it ends, and on long ones progress with the time left.

A script starts and ends through `run`; with ``--log FILE`` everything that libraries print goes to that file, and only
`say` and errors reach the terminal.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from kotune.core import relay
from kotune.core.errors import UserError
from kotune.core.storage import HINTS, explained

ENDED = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # nothing can be written, whatever was being done
UNWRITTEN = 120  # Python's own exit status where what was printed could not be written

_terminal = sys.stderr
_logging = False
_quiet = False


def to_log(path: str | os.PathLike | None) -> None:
    """Send all further output of this process, C libraries included, to the log; `say` still reaches the terminal."""
    global _terminal, _logging
    if path is None or _logging:
        return
    with explained(path, "write the log"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        log = open(path, "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - lives as long as the process
    sys.stdout.flush()
    sys.stderr.flush()
    _terminal = relay.connect() or os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # so that the log keeps the order in which things were said
    _logging = True


def to_parent(quiet: bool) -> None:
    """Send what this process says to the one that listens (see `relay`); only errors, where it is one of several."""
    global _terminal, _quiet
    _terminal, _quiet = relay.connect() or _terminal, quiet
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # at once: inside a sum over processes it would wait for the others


def say(message: str) -> None:
    """Print one line to the terminal, and to the log when there is one."""
    if _quiet and not message.startswith("error: "):
        return
    with contextlib.suppress(OSError):  # nobody is there to read it any more
        print(message, file=_terminal, flush=True)
    if _logging:
        with contextlib.suppress(OSError):  # a full disk takes no log, and the terminal has the line
            print(message, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return seconds as a person says them: ``48 s``, ``3 min 20 s``, ``2 h 05 min``."""
    seconds = round(seconds)
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 5400:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Progress:
    """Say how far a long job is and how long it will take, at most once every ``every`` seconds."""

    def __init__(self, what: str, total: int, every: float = 10.0) -> None:
        self.what, self.total, self.every = what, total, every
        self.started = self.said = time.monotonic()
        self.first: int | None = None

    def update(self, done: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` are done."""
        if self.first is None:  # a resumed job starts in the middle: only what is done now tells the pace
            self.first = done - 1
        now = time.monotonic()
        if done >= self.total or now - self.said < self.every:
            return
        self.said = now
        left = (now - self.started) / max(1, done - self.first) * (self.total - done)
        say(f"{self.what}: {done}/{self.total}{', ' + note if note else ''}, about {duration(left)} left")


def _one_line(error: Exception) -> str:
    return " ".join(line.strip() for line in str(error).splitlines())


def run(main: Callable[[list[str] | None], None]) -> NoReturn:
    """Run a script's main and end: with 0, with 2 and one line for a user's error, with 1 and a traceback for ours."""
    # a cluster cancels with SIGTERM: end like Ctrl-C does, and leave no half-written file behind
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main(None)
        code = 0
    except UserError as error:
        say(f"error: {_one_line(error)}")
        code = 2
    except KeyboardInterrupt:
        say("stopped")
        code = 130
    except SystemExit as asked:  # argparse, and whoever has said already why it ends
        code = _code_of(asked)
    except Exception as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        where = " (the log has the whole story)" if _logging else ""
        hint = HINTS.get(error.errno) if isinstance(error, OSError) and error.errno in ENDED else None
        say(f"error: {hint}" if hint else f"error: {type(error).__name__}: {_one_line(error)[:500]}{where}")
        code = 1
    _leave(code)


def _code_of(asked: SystemExit) -> int:
    if asked.code is None or isinstance(asked.code, int):
        return asked.code or 0
    print(asked.code, file=sys.stderr)
    return 1


def _leave(code: int) -> NoReturn:
    """End the process as Python would, but without tearing down its libraries.

    Arrow, polars and torch keep threads of their own. Where one of them still runs while C++ takes its libraries down,
    the process dies of it (`terminate called without an active exception`) whatever it had to say. So Python's part of
    an end is done here (its threads are waited for, what was registered for the end is called, streams are flushed),
    and the operating system does the rest.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends already, and with its own exit status
    for last in (threading._shutdown, atexit._run_exitfuncs):
        try:
            last()
        except BaseException:  # as Python does: it is told, and the end goes on
            with contextlib.suppress(OSError):
                traceback.print_exc()
    for stream in (_terminal, sys.stderr, sys.stdout):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or UNWRITTEN
    os._exit(code)
