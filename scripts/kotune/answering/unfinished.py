"""Answers on disk while they are being made, so that a killed run continues where it was.

Reads and writes {output}.part: a line with the hash of what was asked, then each batch's answers and a line with its
seconds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import BinaryIO

from kotune.core.console import say
from kotune.core.storage import Json, explained, jsonl_line


class Part:
    """The answers so far, on disk: a line with the hash of what was asked, then each batch's answers and its cost.

    The line with the cost ends a batch; what follows the last one was cut off and is generated again.
    """

    def __init__(self, path: Path, asked: str) -> None:
        self.path, self.asked = path, asked
        self.batches: list[list[Json]] = []
        self.seconds = 0.0
        self.file: BinaryIO | None = None

    def open(self) -> None:
        """Continue with what a killed run left, or start a new file; a part made under other settings is set aside."""
        whole = self._read() if self.path.exists() else None
        if whole is None and self.path.exists():
            refused = self.path.with_name(f"refused-{self.path.name}")
            os.replace(self.path, refused)
            say(f"{self.path}: made under other settings, set aside as {refused.name}")
        with explained(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = open(self.path, "ab")  # noqa: SIM115 - closed by `done`
            self.file.truncate(whole or 0)
            if not whole:
                self._append(jsonl_line({"asked": self.asked}))

    def _read(self) -> int | None:
        """Return the length in bytes of the whole batches, or None when the part was made under other settings."""
        end = position = 0
        batch: list[Json] = []
        for raw in self.path.read_bytes().split(b"\n")[:-1]:
            position += len(raw) + 1
            try:
                line = json.loads(raw)
            except ValueError:
                break
            if not end:
                if line.get("asked") != self.asked:
                    return None
                end = position
            elif "seconds" in line:
                self.batches.append(batch)
                self.seconds += line["seconds"]
                batch, end = [], position
            else:
                batch.append(line)
        return end

    def _append(self, text: str) -> None:
        assert self.file is not None
        with explained(self.path, "write"):
            self.file.write(text.encode("utf-8"))
            self.file.flush()
            os.fsync(self.file.fileno())

    def add(self, lines: list[Json], seconds: float) -> None:
        """Append one whole batch."""
        self._append("".join(jsonl_line(line) for line in lines) + jsonl_line({"seconds": round(seconds, 3)}))
        self.batches.append(lines)
        self.seconds += seconds

    def done(self) -> None:
        """Remove the part; its answers are in the output now."""
        assert self.file is not None
        self.file.close()
        self.path.unlink()
