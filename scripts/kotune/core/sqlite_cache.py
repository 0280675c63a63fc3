"""A cache in a SQLite file that any number of processes may share, and that may be deleted at any time.

It is a convenience: if it fails, it says so once and the run goes on without it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path


class SqliteCache:
    """One table in one file. ``what``: how messages call it; ``create``: the statement that makes the table."""

    def __init__(self, path: Path | None, what: str, create: str) -> None:
        self.path, self.what, self.create = path, what, create

    def connected(self, doing: str, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run ``work`` with a connection; a failure is told and ends the use of the cache."""
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:  # others may be writing
                with connection:
                    connection.execute(self.create)
                work(connection)
        except (sqlite3.Error, OSError) as error:
            print(f"{self.what} {self.path}: cannot {doing} ({error}); going on without it", file=sys.stderr)
            if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                with contextlib.suppress(OSError):  # so that the next run begins a sound one
                    self.path.unlink()
            self.path = None

    def insert(self, lines: list[tuple], columns: int) -> None:
        """Keep lines of so many columns, beside those that other processes have kept meanwhile."""
        table = self.create.split("EXISTS ", 1)[1].split(" ", 1)[0]

        def work(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * columns)})", lines)

        self.connected("be written", work)
