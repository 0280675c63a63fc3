"""Answer files and the rows that they answer, as scoring and ensembles take them.

Reads rows (Parquet, one file a split) and answer files (JSON lines); writes nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_jsonl, read_parquet


def read_rows(paths: Iterable[str | os.PathLike], *needed: str) -> dict[str, list[Json]]:
    """Read rows files into ``{split: rows in file order}``; the split is the file's name without its ending.

    ``needed`` names columns that must be there beside ``id``. Raises UserError for a missing column, a duplicate id and
    two files of one split.
    """
    splits: dict[str, list[Json]] = {}
    for path in paths:
        split = Path(path).stem
        if split in splits:
            raise UserError(f"{path}: a second file for the split '{split}'; give each split once")
        frame = read_parquet(path)
        for column in ("id", *needed):
            if column not in frame.columns:
                raise UserError(f"{path}: there is no column '{column}' (it has {', '.join(frame.columns)})")
        rows = frame.to_dicts()
        repeated = [name for name, times in Counter(row["id"] for row in rows).items() if times > 1]
        if repeated:
            raise UserError(f"{path}: the id '{repeated[0]}' stands in more than one row; make ids unique")
        splits[split] = rows
    return splits


def read_answers(path: str | os.PathLike) -> dict[tuple[str, str], Json]:
    """Read an answer file into ``{(split, id): line}``, in file order; UserError names a faulty line."""
    answers: dict[tuple[str, str], Json] = {}
    for number, line in enumerate(read_jsonl(path), start=1):
        key = (line.get("split"), line.get("id"))
        if None in key or not isinstance(line.get("answer"), str):
            raise UserError(f"{path}, answer {number}: needs 'id', 'split' and a text as 'answer'; make the file again")
        if key in answers:
            raise UserError(f"{path}: two answers for the row '{key[1]}' of '{key[0]}'; make the file again")
        answers[key] = line
    return answers


def require_same_rows(
    answers: Iterable[tuple[str, str]],
    rows: dict[str, list[Json]],
    path: str | os.PathLike,
    skip_splits: Iterable[str] = (),
    what: str = "answer",
) -> None:
    """Raise UserError, naming the file and the first row, unless there is something for each row and nothing else.

    ``answers`` holds (split, id) keys. Splits in ``skip_splits`` are left out on both sides.
    """
    skipped = set(skip_splits)
    have = {key for key in answers if key[0] not in skipped}
    want = [(split, row["id"]) for split, of_split in rows.items() if split not in skipped for row in of_split]
    missing = [key for key in want if key not in have]
    if missing:
        split, name = missing[0]
        raise UserError(f"{path}: no {what} for the row '{name}' of '{split}' ({len(missing)} missing); make it again")
    extra = sorted(have.difference(want), key=str)
    if extra:
        split, name = extra[0]
        known = f"the rows of '{split}' do not hold it" if split in rows else f"no rows file was given for '{split}'"
        raise UserError(f"{path}: the {what} for the row '{name}' of '{split}' belongs to no row: {known}")


def gold_answers(row: Json, split: str) -> list[str]:
    """Return a row's gold answers (its ``answer``: a text, or a list of texts); UserError when it has none."""
    gold = row.get("answer")
    golds = [gold] if isinstance(gold, str) else list(gold or [])
    if not golds or not all(isinstance(one, str) for one in golds):
        raise UserError(
            f"rows of '{split}': the row '{row['id']}' has no gold answer, so it cannot be scored; "
            f"add its answer, or leave the split '{split}' out of scoring"
        )
    return golds
