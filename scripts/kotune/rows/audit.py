"""The audit of rows: what was left out and why, and what is told of each split.

Takes frames; reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.korquad import risks
from kotune.core.names import GOLDS, UNIT
from kotune.core.storage import Json
from kotune.rows import personal_rows
from kotune.rows.task import Task

if TYPE_CHECKING:
    import polars

IDS_SHOWN = 10
# Hangul written as parts of syllables, as macOS names files and some programs save texts
DECOMPOSED = r"[\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF]"
# A tokenizer that does not put them together: tokens of a text so written, over those of the same text composed.
# Measured on KorQuAD 1.0's dev split, in NFD and in NFC, with each model's own tokenizer.
DECOMPOSED_COST = {"Llama 3": 7.9, "Gemma 3": 3.2, "Qwen3": 1.0}
WRITTEN_LIST = r"^\s*(\[\s*['\"]|\{\s*['\"])"  # what a list or an object becomes where a program writes it as a text


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
    """Return the counts of one split: rows, units (as `articles`), answered rows, lengths in characters.

    Where a row has several gold answers: how many rows do (`several_golds`), and how many answers there are (`golds`).
    Where Hangul is decomposed: in how many rows (`decomposed`). Where KorQuAD's rule deletes a mark of a number: of how
    many rows a gold answer loses one (`numbers_at_risk`), and how many pairs of texts become one (`numbers_colliding`).
    Where rows hold personal data: how many hold each kind (`personal_data`).
    """
    described: Json = {
        "rows": frame.height,
        f"{UNIT}s": frame[UNIT].n_unique(),
        "answered": frame.height - frame[task.gold].null_count(),
    }
    risky = risks(_golds(frame, task))
    if risky["at_risk"]:
        described |= {"numbers_at_risk": risky["at_risk"], "numbers_colliding": risky["collisions"]}
    if GOLDS in frame.columns:
        counts = frame[GOLDS].list.len().fill_null(0)
        described["several_golds"] = int((counts > 1).sum())
        described["golds"] = int(counts.sum())
    decomposed = frame.filter(_decomposed(frame, task)).height
    if decomposed:
        described["decomposed"] = decomposed
    personal = personal_rows.counted(frame, task)
    if personal:
        described[personal_rows.KEY] = personal
    for column in task.columns(reasoning)[1:]:
        lengths = frame[column].str.len_chars().drop_nulls()
        described[f"{column}_chars_mean"] = round(lengths.mean(), 3) if len(lengths) else None
        described[f"{column}_chars_max"] = lengths.max() if len(lengths) else None
    return described


def _golds(frame: polars.DataFrame, task: Task) -> list[list[str]]:
    """Return each answered row's gold answers."""
    columns = [column for column in (GOLDS, task.gold) if column in frame.columns]
    found = [next((row[column] for column in columns if row[column]), None) for row in frame.select(columns).to_dicts()]
    return [[gold] if isinstance(gold, str) else list(gold) for gold in found if gold]


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
        notes += _of_golds(frame, split, task) + _of_letters(frame, split, task)
        asked = frame.group_by(*questions).agg(pl.col(task.gold).n_unique().alias("answers"))
        disputed = asked.filter(pl.col("answers") > 1).height
        if disputed:
            notes.append(f"questions of {split} with more than one answer: {disputed}; each row is kept")
    return notes


def _of_golds(frame: polars.DataFrame, split: str, task: Task) -> list[str]:
    """Return notes on rows with several gold answers, and on gold answers that look like a list written as a text."""
    notes = []
    if GOLDS in frame.columns:
        counts = frame[GOLDS].list.len().fill_null(0)
        notes.append(
            f"rows of {split} with several gold answers: {(counts > 1).sum()}, with {counts.filter(counts > 1).sum()} "
            "answers; the first of each is learned, and an answer is scored against the one that it is closest to"
        )
    written = frame.filter(frame[task.gold].str.contains(WRITTEN_LIST).fill_null(False))
    if written.height:
        notes.append(
            f"answers of {split} that look like a list or an object written as text: {written.height}, the first in "
            f"row '{written['id'][0]}'; they are learned and scored as they stand: bring such rows as JSON lines"
        )
    return notes


def _decomposed(frame: polars.DataFrame, task: Task) -> polars.Expr:
    """Return whether a row holds decomposed Hangul."""
    import polars as pl

    held = [column for column in task.columns(True)[1:] if column in frame.columns]
    return pl.any_horizontal(pl.col(column).str.contains(DECOMPOSED).fill_null(False) for column in held)


def decomposed_cost() -> str:
    """Return what decomposed Hangul costs, in words: with each tokenizer, and where that was measured."""
    cost = ", ".join(f"{name} {factor}" for name, factor in DECOMPOSED_COST.items())
    return f"times as many as composed, measured on KorQuAD 1.0's dev split: {cost}"


def _of_letters(frame: polars.DataFrame, split: str, task: Task) -> list[str]:
    """Return a note on rows whose Hangul is decomposed (NFD), with what that costs."""
    count = frame.filter(_decomposed(frame, task)).height
    if not count:
        return []
    return [
        f"rows of {split} with decomposed Hangul (NFD): {count}; it is kept, and scores compose it, but it costs "
        f"tokens ({decomposed_cost()}); save the rows in NFC to avoid it"
    ]
