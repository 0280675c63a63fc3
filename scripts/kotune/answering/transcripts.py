"""Transcripts: what was said to a model and what it answered, as JSON lines, and the record of how.

Writes the transcript (a line for each question) and, beside it, its record.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.records import write_record
from kotune.core.storage import Json, write_jsonl

ENDING, RECORD = ".jsonl", ".record.json"


def record_of(transcript: Path) -> Path:
    """Return the file of a transcript's record."""
    return transcript.with_name(transcript.name.removesuffix(ENDING) + RECORD)


def fresh(folder: Path) -> Path:
    """Return the first of 1.jsonl, 2.jsonl, … that is not there yet."""
    return next(path for number in itertools.count(1) if not (path := folder / f"{number}{ENDING}").exists())


def save(
    path: Path, entries: Sequence[Json], asked: Json, files: Mapping[str, Path], cost: Json, notes: Sequence[str]
) -> Path:
    """Write a transcript and its record; return the transcript's file.

    ``asked``: the settings; ``files``: the weights. A file that is there is not written over: UserError. A name
    without an ending is given one.
    """
    path = path if path.suffix else path.with_name(path.name + ENDING)
    if path.exists():
        raise UserError(f"{path}: it is there already; name another file")
    write_jsonl(path, entries)
    facts = {"questions": len(entries), "notes": list(notes)}
    write_record(record_of(path), "chat", asked, {**files, "chat": path}, cost, facts)
    return path
