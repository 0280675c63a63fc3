"""Checkpoints: which one a killed training may continue from, and which one it must not.

Reads and writes checkpoint-*/kotune.json in an adapter's folder. The trainer writes a checkpoint; the mark is written
last, so a checkpoint without a complete mark was interrupted while it was saved.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from kotune.core.console import say
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained, read_json, sha256_of_text, write_json

MARK = "kotune.json"


def fingerprint(value: object) -> str:
    """Return 16 hex digits that stand for one part of what was asked."""
    return sha256_of_text(json.dumps(value, ensure_ascii=False, sort_keys=True))[:16]


def found(folder: Path) -> list[tuple[int, Path]]:
    """Return (step, path) of the checkpoints in a folder, the newest first."""
    steps = ((re.fullmatch(r"checkpoint-(\d+)", path.name), path) for path in folder.glob("checkpoint-*"))
    return sorted(((int(match[1]), path) for match, path in steps if match), reverse=True)


def _sizes(checkpoint: Path) -> dict[str, int]:
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file() and path.name != MARK)
    return {path.relative_to(checkpoint).as_posix(): path.stat().st_size for path in files}


def mark(checkpoint: Path, asked: dict[str, str], state: Json) -> None:
    """Mark a checkpoint as whole: what it was made under (`fingerprint` of each part) and what a resumed run needs."""
    write_json(checkpoint / MARK, {"asked": asked, "files": _sizes(checkpoint), "state": state})


def _read_mark(checkpoint: Path) -> Json | None:
    """Return a checkpoint's mark, or None when it was cut off while it was saved."""
    try:
        content = read_json(checkpoint / MARK)
        return content if content["files"] == _sizes(checkpoint) else None
    except (UserError, KeyError, TypeError):
        return None


def _refuse(step: int, checkpoint: Path, changed: list[str]) -> None:
    refused = checkpoint.with_name(f"refused-{checkpoint.name}")
    with explained(refused, "move a checkpoint to it"):
        shutil.rmtree(refused, ignore_errors=True)
        os.replace(checkpoint, refused)
    say(f"{checkpoint}: made under other settings ({', '.join(changed)}), set aside as {refused.name}")


def newest(folder: Path, asked: dict[str, str]) -> tuple[Path, Json] | None:
    """Return the newest whole checkpoint made under the same settings, with its state; None to start afresh.

    A half-written checkpoint is removed; one made under other settings is moved to refused-checkpoint-N beside it.
    Both are said.
    """
    for step, checkpoint in found(folder):
        content = _read_mark(checkpoint)
        if content is None:
            say(f"{checkpoint}: half-written, removed")
            shutil.rmtree(checkpoint)
            continue
        before = content["asked"]
        changed = sorted(name for name in {*before, *asked} if before.get(name) != asked.get(name))
        if not changed:
            return checkpoint, content["state"]
        _refuse(step, checkpoint, changed)
    return None


def clear(folder: Path) -> None:
    """Remove the checkpoints of a training that is done; refused ones stay for the user to judge."""
    for _, checkpoint in found(folder):
        shutil.rmtree(checkpoint)
