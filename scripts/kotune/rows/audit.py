"""The audit of rows: what was left out and why, and what is told of each split.

Takes frames; reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.rows.task import Task

if TYPE_CHECKING:
    import polars

IDS_SHOWN = 10


class Exclusions:
    """Counts what was left out, by reason and split, with the first few ids."""

    def __init__(self) -> None:
        self.found: dict[str, Json] = {}

    def drop(self, frame: polars.DataFrame, split: str | None, reason: str, unwanted: polars.Expr) -> polars.DataFrame:
        """Return ``frame`` without the rows for which ``unwanted`` is true, and note them under ``reason``."""
        import polars as pl

        marked = frame.with_columns(unwanted.fill_null(False).alias("__unwanted"))
        dropped = marked.filter(pl.col("__unwanted"))["id"].to_list()
        if dropped:
            entry = self.found.setdefault(reason, {"rows": 0, "ids": [], "splits": {}})
            entry["rows"] += len(dropped)
            entry["ids"] += dropped[: IDS_SHOWN - len(entry["ids"])]
            if split is not None:
                entry["splits"][split] = entry["splits"].get(split, 0) + len(dropped)
        return marked.filter(~pl.col("__unwanted")).drop("__unwanted")

    def worst(self) -> str:
        """Return the reason that took most rows, as the end of a sentence."""
        if not self.found:
            return ""
        reason, entry = max(self.found.items(), key=lambda item: item[1]["rows"])
        return f"; most were left out for: {reason} ({entry['rows']} rows)"


def described(frame: polars.DataFrame, task: Task, reasoning: bool) -> Json:
    """Return the counts of one split: rows, units (as `articles`), answered rows, lengths in characters."""
    described: Json = {
        "rows": frame.height,
        f"{UNIT}s": frame[UNIT].n_unique(),
        "answered": frame.height - frame[task.gold].null_count(),
    }
    for column in task.columns(reasoning)[1:]:
        lengths = frame[column].str.len_chars().drop_nulls()
        described[f"{column}_chars_mean"] = round(lengths.mean(), 3) if len(lengths) else None
        described[f"{column}_chars_max"] = lengths.max() if len(lengths) else None
    return described


def noted(splits: dict[str, polars.DataFrame], files: list[Json], task: Task) -> list[str]:
    """Return what a reader of the audit should know besides the counts."""
    import polars as pl

    notes = [f"{file['path']} is written in CP949" for file in files if file["encoding"] == "cp949"]
    questions = [UNIT, *(column for column in task.names if column != task.together)]
    for split, frame in splits.items():
        if frame[task.gold].null_count() == frame.height:
            notes.append(f"{split} holds no answers: it can be answered, not scored")
        elif task.reasoning in frame.columns and frame[task.reasoning].null_count() == frame.height:
            notes.append(f"{split} holds no reasoning: its answers can be scored, not why they were given")
        asked = frame.group_by(*questions).agg(pl.col(task.gold).n_unique().alias("answers"))
        disputed = asked.filter(pl.col("answers") > 1).height
        if disputed:
            notes.append(f"questions of {split} with more than one answer: {disputed}; each row is kept")
    return notes
