"""Faults of machines and of earlier runs, for the table of bad input: each function brings one about in a folder."""

from __future__ import annotations

from pathlib import Path

from kotune.core import storage


def full_disk(folder: Path) -> None:
    """Write where there is no room."""
    (folder / ".scores.jsonl.partial").symlink_to("/dev/full")
    storage.write_jsonl(folder / "scores.jsonl", [{"id": "a"}])
