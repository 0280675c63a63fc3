"""Answers in segments, looked up in the texts that their prompts show: what is scored is what is written there.

Reads prompts ({split}.parquet) with the column `written`; writes nothing. So an answer of a model that reads and writes
segments is held against the gold answer by the same metrics as any other's, spaces counted. One that does not stand in
the texts keeps its spaces: nobody knows which of them are the model's own words' and which are borders.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kotune.core.names import NOT_ASKED
from kotune.core.storage import Json, read_parquet
from kotune.prompts.segments import COLUMN, restored

FOUND, MISSED = "found", "not_found"


def texts_of(files: Sequence[Path]) -> dict[tuple[str, str], list[str]]:
    """Return the texts of each prompt, by split and id; nothing where prompts are not in segments."""
    found = {}
    for path in files:
        table = read_parquet(path)
        if COLUMN in table.columns:
            found |= {(path.stem, row["id"]): row[COLUMN] for row in table.select("id", COLUMN).to_dicts()}
    return found


def looked_up(lines: Sequence[Json], files: Sequence[Path]) -> tuple[list[Json], Json]:
    """Return the lines of an answer file with their answers as they are written, and how many were found.

    `raw` stays what was generated. Without segments the lines are returned as they are, and no counts.
    """
    texts = texts_of(files)
    if not texts:
        return list(lines), {}
    made, counts = [], {FOUND: 0, MISSED: 0}
    for line in lines:
        places = (restored(line["answer"], text) for text in texts[line["split"], line["id"]])
        answer = next((place for place in places if place is not None), None)
        if line["finish_reason"] != NOT_ASKED and line["answer"]:
            counts[MISSED if answer is None else FOUND] += 1
        made.append(line if answer is None else {**line, "answer": answer})
    return made, {"looked_up": counts}
