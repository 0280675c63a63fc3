"""Drawn rows: questions on texts that are trained on, and at most so many rows of a split.

Takes and returns frames in their own order; reads and writes nothing. Rows are drawn by a hash of the seed and their
id, so that the rows of a smaller draw are among those of a larger one, whatever else the file holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.lots import by_lot
from kotune.core.names import SEEN, TRAIN
from kotune.core.storage import Json
from kotune.rows.task import Task

if TYPE_CHECKING:
    import polars


def _kept(frame: polars.DataFrame, places: list[int]) -> polars.DataFrame:
    return frame[sorted(places)]


def texts_of(frame: polars.DataFrame, task: Task) -> list[str]:
    """Return what equal texts of a split share, row by row: the unit that the text itself would make."""
    known = {text: task.unit_of(text) for text in frame[task.together].unique()}
    return [known[text] for text in frame[task.together]]


def draw_seen(train: polars.DataFrame, count: int, seed: int, task: Task) -> tuple[polars.DataFrame, polars.DataFrame]:
    """Return train without ``count`` of its rows (or as many as there are), and these: the split `test-seen`.

    Each is on a text on which train keeps a question. A question that is asked of its text more than once stays: what
    is its like would be trained on.
    """
    texts = texts_of(train, task)
    asked = [[task.unit_of(text) for text in train[name]] for name in task.names if name != task.together]
    questions = list(zip(texts, *asked, strict=True))
    left: dict[str, int] = {}
    often: dict[tuple[str, ...], int] = {}
    for text, question in zip(texts, questions, strict=True):
        left[text] = left.get(text, 0) + 1
        often[question] = often.get(question, 0) + 1
    drawn: set[int] = set()
    for place in by_lot(train["id"].to_list(), seed, SEEN):
        if len(drawn) == count:
            break
        if left[texts[place]] > 1 and often[questions[place]] == 1:
            left[texts[place]] -= 1
            drawn.add(place)
    return _kept(train, [place for place in range(train.height) if place not in drawn]), _kept(train, list(drawn))


def with_seen(splits: dict[str, polars.DataFrame], count: int, seed: int, task: Task) -> dict[str, polars.DataFrame]:
    """Return the splits with test-seen drawn from train; UserError where no text of train has two questions."""
    train, seen = draw_seen(splits[TRAIN], count, seed, task)
    if seen.is_empty():
        raise UserError(
            f"split: {SEEN} takes questions on a {task.together} of train that has others, and of {count} that it asks "
            "for there is none; take it out of the study's split"
        )
    return {**splits, TRAIN: train, SEEN: seen}


def on_texts_of(seen: polars.DataFrame, train: polars.DataFrame, task: Task) -> polars.DataFrame:
    """Return the rows of test-seen on whose text train has a question."""
    trained = set(texts_of(train, task))
    return _kept(seen, [place for place, text in enumerate(texts_of(seen, task)) if text in trained])


def at_most(frame: polars.DataFrame, count: int | None, seed: int) -> polars.DataFrame:
    """Return at most ``count`` rows, drawn by the seed; all of them where that is None."""
    if count is None or frame.height <= count:
        return frame
    return _kept(frame, by_lot(frame["id"].to_list(), seed, "rows")[:count])


def capped(
    splits: dict[str, polars.DataFrame], whole: polars.DataFrame | None, caps: Json, task: Task
) -> dict[str, polars.DataFrame]:
    """Return each split with at most as many rows as the scale and the rowset let it have.

    ``caps``: {"scale": {split: rows}, "rowset": {"train": rows}, "seed"}. ``whole``: train before a rowset shortened
    it. Of test-seen, rows are kept on whose text the scale trains, whatever a rowset takes of that: all arms of a study
    are asked the same rows.
    """
    scale, rowset, seed = caps.get("scale", {}), caps.get("rowset", {}), caps["seed"]
    if SEEN in splits and TRAIN in scale:
        splits = {**splits, SEEN: on_texts_of(splits[SEEN], at_most(whole, scale[TRAIN], seed), task)}
    found = {}
    for split, frame in splits.items():
        held = [caps[split] for caps in (scale, rowset) if split in caps]
        found[split] = at_most(frame, min(held, default=None), seed)
    return found


def notes(splits: dict[str, polars.DataFrame], held: dict[str, int], task: Task) -> list[str]:
    """Return what a reader of the audit should know of drawn rows; ``held``: how many rows a split had before."""
    said = [
        f"rows of {split}: {frame.height:,} of {held[split]:,}, drawn by seed"
        for split, frame in splits.items()
        if frame.height < held[split]
    ]
    if SEEN in splits:
        seen, on_trained = splits[SEEN], on_texts_of(splits[SEEN], splits[TRAIN], task)
        said.append(
            f"{SEEN} holds other questions on {task.together}s of train: of its {seen.height:,} rows "
            f"{on_trained.height:,} ask about a {task.together} on which this rowset's train has a question"
        )
    return said
