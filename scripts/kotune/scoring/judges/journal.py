"""The journal of a judge: each verdict as it comes, so that none that was paid for is asked again.

Reads and writes {verdicts}.journal, JSON lines ``{"asked": hash of what was sent and to whom, "verdict", "model"}``. It
stays when the verdicts are whole: made again, they take from it what was asked in just the same words. Failures are not
in it; they are asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from kotune.core.storage import Json, explained, jsonl_line
from kotune.scoring.judges.classes import VERDICTS


def asked_of(url: str, key: str, body: bytes) -> str:
    """Return what a question is known by: the endpoint, its place among what is judged, and what is sent."""
    return hashlib.sha256(b"\0".join((url.encode("utf-8"), key.encode("utf-8"), body))).hexdigest()


class Journal:
    """The verdicts so far; a line that a kill cut off is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.verdicts: dict[str, Json] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        with explained(self.path, "read"):
            raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        for line in whole.splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and found.get("verdict") in VERDICTS and isinstance(found.get("asked"), str):
                self.verdicts[found["asked"]] = found
        if len(whole) < len(raw):
            with explained(self.path, "write"):
                os.truncate(self.path, len(whole))

    def add(self, lines: list[Json]) -> None:
        """Append verdicts, and have them on the disk before the next question is asked."""
        if not lines:
            return
        with explained(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write("".join(map(jsonl_line, lines)).encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
        self.verdicts |= {line["asked"]: line for line in lines}
