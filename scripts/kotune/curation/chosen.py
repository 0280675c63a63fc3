"""A rowset that is chosen from another one's rows: filter, choice and added rows, with the audit of what was left out.

Takes frames as `rows.prepare` makes them, ratings, and the files of data sets that are added; writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import TRAIN, UNIT
from kotune.core.storage import Json
from kotune.curation.choosing import failing, order_of, over_share, taken
from kotune.curation.rating import text_of, topics
from kotune.curation.vectors import vectors_of
from kotune.rows.audit import Exclusions, described
from kotune.rows.chats import with_turns, without_turns
from kotune.rows.columns import task_of
from kotune.rows.personal_rows import REASON
from kotune.rows.prepare import prepare
from kotune.study.quality_facts import FEATURES

if TYPE_CHECKING:
    import polars

    from kotune.rows.task import Task

UNCHOSEN, HELD, AGAIN = "not among those chosen", "also in an evaluation split", "the same row again"


def chosen(
    splits: Mapping[str, polars.DataFrame], of: Json, ratings: Sequence[Json], difficulties: Sequence[Json], asked: Json
) -> tuple[polars.DataFrame, Json]:
    """Return the train rows, in their own order, those that are added behind them, and the audit.

    ``of``: the audit of the rowset that is chosen from; ``ratings``, ``difficulties``: of its train rows.
    ``asked``: {"task", "dataset", "columns", "reasoning", "seed", "filter"?, "choose"?, "add"?, "embedder"?, "cache"?,
    "topic"?: the column of topics}.
    """
    import polars as pl

    task, exclusions = task_of(asked), Exclusions()
    splits = {split: _as_texts(one, task) for split, one in splits.items()}
    whole = splits[TRAIN]
    lines = _lines(whole, ratings, difficulties)
    reasons = {line["id"]: failing(line, asked["filter"]) for line in lines} if "filter" in asked else {}
    frame = whole
    for name in dict.fromkeys(reason for found in reasons.values() for reason in found):
        which = [key for key, found in reasons.items() if name in found]
        frame = exclusions.drop(frame, TRAIN, _told(name, asked), pl.col("id").is_in(which))
    if frame.is_empty():
        raise UserError(f"filter: no row of '{asked['of']}' passes it{exclusions.worst()}; lower at_least or without")
    frame, evened = _evened(frame, exclusions, asked)
    if "choose" in asked:
        frame = _taken(frame, {line["id"]: line for line in lines}, exclusions, asked)
    kept, files, added = frame, list(of["files"]), 0
    excluded, masked = of["excluded"], Counter(of.get("masked", {}))
    held = {unit for split, one in splits.items() if split != TRAIN for unit in one[UNIT]}
    for source in asked.get("add", ()):
        more, theirs = _added(source, task, asked, held, frame, exclusions)
        added += more.height
        frame = pl.concat([frame, more.select(one for one in frame.columns if one in more.columns)], how="diagonal")
        files.append(theirs["files"][0])
        masked.update(theirs.get("masked", {}))
        personal = {why: entry for why, entry in theirs["excluded"].items() if why.startswith(REASON)}
        excluded = _joined(excluded, personal)
    facts = {split: described(one, task, asked["reasoning"]) for split, one in splits.items() if one.height}
    told = {
        "of": asked["of"],
        "of_rows": whole.height,
        "kept": kept.height,
        "added": added,
        "left_out": exclusions.found,
        "found": _found(reasons, asked),
        **({"topics": evened} if evened else {}),
        "lengths": lengths(frame, asked["columns"], task.gold),
        **({"by": asked["choose"]["by"], "rows": asked["choose"]["rows"]} if "choose" in asked else {}),
    }
    told_of = described(frame, task, asked["reasoning"])
    for column in task.turns:
        frame = with_turns(frame, column)
    return frame, {
        "dataset": of["dataset"],
        "files": files,
        "splits": {**facts, TRAIN: told_of},
        "excluded": _joined(excluded, exclusions.found),
        "notes": of["notes"],
        **({"masked": dict(masked)} if masked else {}),
        "chosen": told,
    }


def _as_texts(frame: polars.DataFrame, task: Task) -> polars.DataFrame:
    """Return prepared rows with the turns of a conversation as texts, as they are before they are prepared."""
    for column in task.turns:
        frame = without_turns(frame, column)
    return frame


def _lines(frame: polars.DataFrame, ratings: Sequence[Json], difficulties: Sequence[Json]) -> list[Json]:
    """Return a line of the ratings for each row, with its difficulty; UserError for ratings of other rows."""
    ids = frame["id"].to_list()
    hard = {one["id"]: one["ifd"] for one in difficulties}
    if not ratings:
        return [{"id": name} for name in ids]
    found = {line["id"]: line for line in ratings}
    missing = next((name for name in ids if name not in found), None)
    if missing is not None:
        raise UserError(f"ratings: the row '{missing}' has none; run the rule rate_rows again")
    # a row that a model cannot be asked is no harder than another: it is the last that is taken
    return [{**found[name], "ifd": hard.get(name) or 0.0} for name in ids]


def _told(name: str, asked: Json) -> str:
    if name == "rating":
        return f"rated below {asked['filter']['at_least']}"
    return FEATURES[name]


def _found(reasons: Mapping[str, Sequence[str]], asked: Json) -> dict[str, int]:
    """Return for each reason of the filter how many rows have it, whatever else they have."""
    names = [
        *(["rating"] if "at_least" in asked.get("filter", {}) else []),
        *asked.get("filter", {}).get("without", ()),
    ]
    return {_told(name, asked): sum(name in found for found in reasons.values()) for name in names}


def _evened(frame: polars.DataFrame, exclusions: Exclusions, asked: Json) -> tuple[polars.DataFrame, Json | None]:
    """Return the rows of which no topic has more than its share, and how uneven topics were before and are then."""
    import polars as pl

    share = asked.get("filter", {}).get("topic_share")
    if share is None:
        return frame, None
    ids, values = frame["id"].to_list(), [value or "" for value in frame[asked["topic"]]]
    gone = over_share(ids, values, share, asked["seed"])
    which = [ids[place] for place in gone]
    kept = exclusions.drop(frame, TRAIN, f"of a topic with more than {share:g} of the rows", pl.col("id").is_in(which))
    after = topics([value for place, value in enumerate(values) if place not in gone])
    return kept, {"share": share, "left_out": len(gone), "before": topics(values), "after": after}


def _taken(frame: polars.DataFrame, lines: Mapping[str, Json], exclusions: Exclusions, asked: Json) -> polars.DataFrame:
    import polars as pl

    rows = frame.to_dicts()

    def vectors():
        texts = [text_of(row, asked["columns"]) for row in rows]
        return vectors_of(texts, asked["embedder"], asked["cache"])[0]

    order = order_of(asked["choose"], [lines[row["id"]] for row in rows], vectors, asked["seed"])
    places = taken(order, asked["choose"]["rows"], asked["choose"], len(rows))
    which = [row["id"] for place, row in enumerate(rows) if place not in places]
    return exclusions.drop(frame, TRAIN, UNCHOSEN, pl.col("id").is_in(which))


def _added(
    source: Json, task: Task, asked: Json, held: set[str], there: polars.DataFrame, exclusions: Exclusions
) -> tuple[polars.DataFrame, Json]:
    """Return another data set's train rows under ids of their own, without those evaluated or there already.

    With the audit of that data set.
    """
    import polars as pl

    prepared, audit = prepare({**source, "task": asked["task"], "reasoning": asked["reasoning"]})
    frame = _as_texts(prepared[TRAIN], task).with_columns(
        pl.format("{}/{}", pl.lit(source["dataset"]), "id").alias("id")
    )
    frame = exclusions.drop(frame, TRAIN, HELD, pl.col(UNIT).is_in(list(held)))
    texts = [one for one in asked["columns"] if one in frame.columns]
    known = {text_of(row, texts) for row in there.select(texts).to_dicts()}
    again = [row["id"] for row in frame.select("id", *texts).to_dicts() if text_of(row, texts) in known]
    frame = exclusions.drop(frame, TRAIN, AGAIN, pl.col("id").is_in(again))
    if frame.is_empty():
        raise UserError(f"add: no row of '{source['dataset']}' is left{exclusions.worst()}")
    return frame, audit


def _joined(before: Json, after: Json) -> Json:
    """Return what was left out of the rowset that is chosen from, and of the choice, by reason."""
    joined = {reason: dict(entry) for reason, entry in before.items()}
    for reason, entry in after.items():
        joined[reason] = entry if reason not in joined else {**entry, "rows": entry["rows"] + joined[reason]["rows"]}
    return joined


def lengths(frame: polars.DataFrame, columns: Sequence[str], gold: str) -> Json:
    """Return mean and median length, in characters, of what a row asks and of what is learned."""
    rows = frame.to_dicts()
    asked = [len(text_of(row, [name for name in columns if name != gold])) for row in rows]
    answers = [len(row[gold] or "") for row in rows]
    return {
        name: {"mean": round(mean(values), 2), "median": median(values)}
        for name, values in (("asked", asked), ("learned", answers))
    }
