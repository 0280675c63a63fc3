"""Items of tasks as rows to learn from: the text that lm-evaluation-harness asks without shots, and the right option.

Takes prepared rows (`harness.sources`) through lm-eval's tasks; reads and writes nothing. White space at the end of a
text goes to its answer, as it does when the options are scored: what is learned is what is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import TEST, TRAIN, VALID
from kotune.core.storage import Json
from kotune.harness.sources import ID
from kotune.harness.task_files import TaskFile
from kotune.harness.tasks import gold_of, lm_eval_task
from kotune.harness.token_ids import parted

if TYPE_CHECKING:
    from lm_eval.api.task import ConfigurableTask

# A study's split → the key under which a task names its own, and lm-eval's method that gives its documents.
SPLITS = {
    TRAIN: ("training_split", "training_docs"),
    VALID: ("validation_split", "validation_docs"),
    TEST: ("test_split", "test_docs"),
}


def item(task: ConfigurableTask, row: Json, document: Json) -> Json:
    """Return the row of an item; UserError for one without a right option."""
    name, gold = task.config.task, gold_of(task, document)
    if gold < 0:
        raise UserError(f"'{name}': {row[ID]} has no gold among its options ({task.doc_to_target(document)!r})")
    text, answer = parted(
        task.doc_to_text(document), f"{task.config.target_delimiter}{task.doc_to_choice(document)[gold]}"
    )
    return {"id": f"{name}-{row[ID]}", "text": text, "answer": answer, "kind": name}


def drawn(rows: list[Json], most: int | None) -> list[Json]:
    """Return at most ``most`` rows, drawn by their ids, in their own order; all where that is None."""
    if most is None or len(rows) <= most:
        return rows
    lots = sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).digest())
    kept = {row["id"] for row in lots[:most]}
    return [row for row in rows if row["id"] in kept]


def items_of(task: TaskFile, rows: Mapping[str, list[Json]], split: str) -> Iterator[Json]:
    """Yield the items of a study's split; none where the task has no such split. ``rows``: by the task's own names."""
    named, documents = SPLITS[split]
    given = rows.get(task.settings.get(named) or "", [])
    if not given:
        return
    made = lm_eval_task(task, rows)
    for row, document in zip(given, getattr(made, documents)(), strict=True):
        yield item(made, row, document)
