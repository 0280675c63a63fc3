"""Rows: check a data set, split it by article, and say what was left out and why.

Takes files as `sources` reads them; returns frames of text and an audit. Nothing is stripped or normalised. An article
is all rows with the same context, but for white space; its rows never stand both in train and in an evaluation split.
The split `submission` holds a competition's rows without answers: they are answered and never scored, and none of them
is left out. A source that asks for `reasoning` has one column more, `cot_answer`: why the answer is what it is.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.names import EVALUATED, REASONING, SPLITS, SUBMISSION, TEST, TEXTS, TRAIN, UNSEEN, VALID
from kotune.core.storage import Json
from kotune.rows.readers import Table, read_table

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


def texts_of(source: Json) -> tuple[str, ...]:
    """Return the columns of text that the rows of a source have: one more where it asks for `reasoning`."""
    return (*TEXTS, REASONING) if source.get("reasoning") else TEXTS


def with_columns_of(table: Table, source: Json, split: str | None) -> polars.DataFrame:
    """Return the source's columns (all text) under the study's names, with each row's number.

    ``source["columns"]`` maps the study's names to the file's. A missing answer column is refused where answers are
    needed, and is all null elsewhere; so is the reasoning in a file without answers. Rows without an id column are
    ``numbered``, where the source says so.
    """
    import polars as pl

    held, columns = table.frame.columns, source.get("columns", {})
    needs_answer = split in (None, TRAIN, VALID)
    answered = needs_answer or (split != SUBMISSION and columns.get("answer", "answer") in held)
    optional = {"answer": not needs_answer, REASONING: not answered}
    selected = []
    for name in texts_of(source):
        theirs = columns.get(name, name)
        if theirs in held:
            selected.append(pl.col(theirs).alias(name))
        elif optional.get(name):
            selected.append(pl.lit(None, dtype=pl.String).alias(name))
        elif name == "id" and source.get("numbered"):
            numbers = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6)
            selected.append(pl.format("{}-{}", pl.lit(split or "row"), numbers).alias(name))
        else:
            raise UserError(_missing(table.path, name, theirs, held))
    frame = table.frame.select(selected).with_row_index("row", offset=1)
    nameless = frame.filter(pl.col("id").fill_null("").str.strip_chars() == "")["row"].to_list()
    if nameless:
        count = len(nameless)
        raise UserError(f"{table.path}, row {nameless[0]}: the id is empty; each row needs one ({count} have none)")
    return frame


def _missing(path: str, name: str, theirs: str, held: Sequence[str]) -> str:
    """Return what a user is told of a column that a file lacks."""
    why = " (training and validation rows need answers)" if name == "answer" else ""
    way_out = "; add the reasoning to each row, or run the study without reasoning;" if name == REASONING else ";"
    hint = f"{nearest(theirs, held).rstrip('?')}{way_out} rename it, or name it in config/datasets.yaml under columns"
    return f"{path}: no column '{theirs}' for {name}{why}{hint}"


def check_ids(frames: Sequence[tuple[str, polars.DataFrame]]) -> None:
    """Raise UserError where an id stands twice, in one file or in two; the first few are named with their rows."""
    import polars as pl

    every = pl.concat([frame.select("id", "row", pl.lit(path).alias("path")) for path, frame in frames])
    twice = every.filter(pl.col("id").is_duplicated())
    if twice.is_empty():
        return
    places: dict[str, list[str]] = {}
    for name, row, path in twice.iter_rows():
        places.setdefault(name, []).append(f"{Path(path).name} row {row}")
    shown = "; ".join(f"'{name}' in {', '.join(rows[:3])}" for name, rows in list(places.items())[:3])
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    raise UserError(f"{frames[0][0]}: {len(places)} ids stand more than once: {shown}{more}; make each id unique")


def article_of(context: str) -> str:
    """Return the name of the article that a context is: "a" and the first 12 hex digits of its text's SHA-256.

    White space, and whether Hangul is composed, make no other article: a copy must not slip into another split.
    """
    text = " ".join(unicodedata.normalize("NFC", context).split())
    return "a" + hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def with_articles(frame: polars.DataFrame) -> polars.DataFrame:
    """Return ``frame`` with the column article."""
    import polars as pl

    contexts = frame["context"].drop_nulls().unique(maintain_order=True)
    names = pl.DataFrame([contexts, pl.Series("article", map(article_of, contexts), dtype=pl.String)])
    return frame.join(names, on="context", how="left", maintain_order="left")


def usable(frame: polars.DataFrame, split: str | None, exclusions: Exclusions) -> polars.DataFrame:
    """Return the rows that can be used: something in context, question and answer, and no exact duplicate.

    Rows without any answer at all (a test file to be answered only) are kept; of a submission every row is. Reasoning,
    where the rows have that column, is looked at as answers are.
    """
    import polars as pl

    def empty(column: str) -> polars.Expr:
        return pl.col(column).fill_null("").str.strip_chars() == ""

    learned = [column for column in ("answer", REASONING) if column in frame.columns]
    nothing = pl.lit(None, dtype=pl.String)
    if split == SUBMISSION:
        known = pl.col("context", "question", "article").fill_null("")
        return frame.with_columns(known, *(nothing.alias(column) for column in learned))
    for column in ("context", "question"):
        frame = exclusions.drop(frame, split, f"empty {column}", empty(column))
    for column in learned:
        if split in (TEST, UNSEEN) and frame.select(empty(column).all()).item():
            frame = frame.with_columns(nothing.alias(column))
        else:
            frame = exclusions.drop(frame, split, f"empty {column}", empty(column))
    # the context by its hash: a key that held the text itself would hold every article once more
    later = ~pl.struct(pl.col("context").hash(), "article", "question", *learned).is_first_distinct()
    return exclusions.drop(frame, split, "exact duplicate of an earlier row", later)


def split_by_article(frame: polars.DataFrame, shares: Json, path: str) -> dict[str, polars.DataFrame]:
    """Return train, valid and test of one file, whole articles together; rows keep their order.

    ``shares``: {"valid": 0.1, "test": 0.1, "seed": 42}, shares of the rows. Articles are shuffled by the seed, then
    fill test, then valid, with at least two articles each where there are six (stacking is fitted on two); the rest is
    train.
    """
    import polars as pl

    counts = Counter(frame["article"].to_list())
    wanted = [(TEST, shares["test"]), (VALID, shares["valid"])]
    if any(share < 0 for _, share in wanted) or sum(share for _, share in wanted) >= 1:
        raise UserError(f"{path}: the shares of valid and test must be at least 0 and leave something for train")
    articles = list(counts)
    needed = 1 + sum(share > 0 for _, share in wanted)
    if len(articles) < needed:
        raise UserError(
            f"{path}: holds {len(articles)} articles that can be used, and train, valid and test need {needed} (all "
            "questions on one article stay together); bring more articles"
        )
    random.Random(shares["seed"]).shuffle(articles)
    place: dict[str, str] = {}
    least = 2 if len(articles) >= 6 else 1
    for split, share in wanted:
        quota, taken, filled = round(share * frame.height), 0, 0
        while share and articles and (taken < least or filled < quota):
            article = articles.pop()
            place[article] = split
            taken, filled = taken + 1, filled + counts[article]
    named = pl.col("article").replace_strict(place, default=TRAIN, return_dtype=pl.String)
    return {split: frame.filter(named == split) for split in (TRAIN, VALID, TEST)}


def _check_files(source: Json) -> None:
    """Raise UserError for a source that names no rows, or the same split's rows twice."""
    given = source.get("files", {})
    for split in given:
        if split not in SPLITS:
            raise UserError(f"data set '{source['dataset']}': unknown split '{split}'{nearest(split, SPLITS)}")
    twice = [split for split in (TRAIN, VALID) if split in given] if "path" in source else []
    if twice or not (given or "path" in source):
        raise UserError(f"data set '{source['dataset']}': name either one file (path) or one per split (files)")


def _read(source: Json, exclusions: Exclusions) -> tuple[dict[str, polars.DataFrame], list[Json]]:
    """Return the usable rows of each split with their articles, and what was read."""
    _check_files(source)
    given = source.get("files", {})
    tables: dict[str | None, Table] = {None: read_table(source["path"])} if "path" in source else {}
    tables |= {split: read_table(given[split]) for split in SPLITS if split in given}
    frames = {split: with_columns_of(table, source, split) for split, table in tables.items()}
    check_ids([(tables[split].path, frame) for split, frame in frames.items()])
    rows = {split: usable(with_articles(frame), split, exclusions) for split, frame in frames.items()}
    if None in rows:
        whole, path = rows.pop(None), tables[None].path
        if whole.is_empty():
            raise UserError(f"{path}: no rows left{exclusions.worst()}")
        shares = {**source["split"], TEST: 0} if TEST in rows else source["split"]
        rows = {**split_by_article(whole, shares, path), **rows}
    return rows, [{"split": split, **table.described} for split, table in tables.items()]


def _without_leaks(splits: dict[str, polars.DataFrame], exclusions: Exclusions) -> list[str]:
    """Take the articles of evaluation splits out of train, in place; return notes on articles that splits share.

    What a submission shares stays in train: nothing is measured on it.
    """
    import polars as pl

    evaluated = [split for split in EVALUATED if split in splits]
    if TRAIN in splits and evaluated:
        held = pl.concat([splits[split]["article"] for split in evaluated]).unique()
        leaked = pl.col("article").is_in(held.implode())
        splits[TRAIN] = exclusions.drop(splits[TRAIN], TRAIN, "article also in an evaluation split", leaked)
    notes = []
    for index, one in enumerate(evaluated):
        for other in evaluated[index + 1 :]:
            shared = len(set(splits[one]["article"]) & set(splits[other]["article"]))
            if shared:
                notes.append(f"articles that stand in both {one} and {other}: {shared}; both splits keep them")
    if TRAIN in splits and SUBMISSION in splits:
        shared = len(set(splits[TRAIN]["article"]) & set(splits[SUBMISSION]["article"]))
        if shared:
            notes.append(f"articles that stand in both {TRAIN} and {SUBMISSION}: {shared}; both keep them")
    return notes


def _described(frame: polars.DataFrame, texts: Sequence[str]) -> Json:
    """Return the counts of one split: rows, articles, answered rows, lengths in characters."""
    described: Json = {
        "rows": frame.height,
        "articles": frame["article"].n_unique(),
        "answered": frame.height - frame["answer"].null_count(),
    }
    for column in texts[1:]:
        lengths = frame[column].str.len_chars().drop_nulls()
        described[f"{column}_chars_mean"] = round(lengths.mean(), 3) if len(lengths) else None
        described[f"{column}_chars_max"] = lengths.max() if len(lengths) else None
    return described


def _noted(splits: dict[str, polars.DataFrame], files: list[Json]) -> list[str]:
    """Return what a reader of the audit should know besides the counts."""
    import polars as pl

    notes = [f"{file['path']} is written in CP949" for file in files if file["encoding"] == "cp949"]
    for split, frame in splits.items():
        if frame["answer"].null_count() == frame.height:
            notes.append(f"{split} holds no answers: it can be answered, not scored")
        elif REASONING in frame.columns and frame[REASONING].null_count() == frame.height:
            notes.append(f"{split} holds no reasoning: its answers can be scored, not why they were given")
        asked = frame.group_by("article", "question").agg(pl.col("answer").n_unique().alias("answers"))
        disputed = asked.filter(pl.col("answers") > 1).height
        if disputed:
            notes.append(f"questions of {split} with more than one answer: {disputed}; each row is kept")
    return notes


def prepare(source: Json) -> tuple[dict[str, polars.DataFrame], Json]:
    """Return each split's rows (id, context, question, answer, article; all text) and the audit.

    ``source``: {"dataset", "columns", "files": {split: path}} or {…, "path", "split": {"valid", "test", "seed"}}, where
    "files" may add splits that the file at "path" is not to be split for. An optional "max_context_chars" shortens
    train alone: what is evaluated stays whole. "reasoning": true asks for the column cot_answer, which then stands
    before article; "numbered": true gives ids (row-000001, or train-000001 where each split has its file) to a file
    without an id column.
    """
    import polars as pl

    exclusions = Exclusions()
    splits, files = _read(source, exclusions)
    notes = _without_leaks(splits, exclusions)
    limit = source.get("max_context_chars")
    if limit is not None and TRAIN in splits:
        long = pl.col("context").str.len_chars() > limit
        splits[TRAIN] = exclusions.drop(splits[TRAIN], TRAIN, f"context over {limit} characters", long)
    where = {file["split"]: file["path"] for file in files}
    for split, frame in splits.items():
        if frame.is_empty():
            raise UserError(f"{where.get(split) or files[0]['path']}: no rows left for {split}{exclusions.worst()}")
    audit = {
        "dataset": source["dataset"],
        "files": files,
        "splits": {split: _described(frame, texts_of(source)) for split, frame in splits.items()},
        "excluded": exclusions.found,
        "notes": notes + _noted(splits, files),
    }
    return {split: frame.select(*texts_of(source), "article") for split, frame in splits.items()}, audit
