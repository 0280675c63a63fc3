"""Answer files and the rows that they answer, as scoring and ensembles take them.

Reads rows (Parquet, one file a split) and answer files (JSON lines); writes nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, GOLDS, NOT_ASKED
from kotune.core.storage import Json, read_json, read_jsonl, read_parquet

Key = tuple[str, str, int]  # the split, the row's id, the number of the answer among the row's answers, first 0


def key_of(line: Json) -> Key:
    """Return what an answer line, or a score line, is known by; a line without a number is its row's only one."""
    return line["split"], line["id"], line.get("number", 0)


def was_asked(line: Json) -> bool:
    """Return whether an answer line is an answer: a row that is too long for a model has an empty line instead."""
    return line.get("finish_reason") != NOT_ASKED


def counts_of(lines: Iterable[Json], ended: Callable[[Json], str | None] | None = None) -> dict[str, dict[str, int]]:
    """Return, by split, how many answers there are: ``{split: {"rows", "asked", "cut_off", "empty"}}``.

    ``asked``: less the rows that were too long; ``cut_off``: answers that ran into the limit of new tokens; ``empty``:
    rows that were asked and got nothing. ``ended`` gives the finish reason of a line, where that is not its own. Of
    answers with thoughts also ``in_thought``, those whose thoughts never ended, and ``thought_tokens``, of all.
    """
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        of_split = found.setdefault(line["split"], dict.fromkeys(("rows", "asked", "cut_off", "empty"), 0))
        of_split["rows"] += 1
        if was_asked(line):
            of_split["asked"] += 1
            of_split["cut_off"] += (ended(line) if ended else line.get("finish_reason")) == "length"
            of_split["empty"] += not line["answer"].strip()
        for what in ("in_thought", "thought_tokens") if "in_thought" in line else ():
            of_split[what] = of_split.get(what, 0) + line[what]
    return found


def file_of(folder: str, label: Json) -> str:
    """Return the file below a folder of answers or scores that is meant by a label ``{"model", "arm", "seed"}``.

    ``scores_of`` of a label, where its files stand under another name: a file of the settings of the model they are of.
    ``folder`` of a label, where its files lie below another study's folder.
    """
    folder = label.get("folder", folder)
    model = read_json(label["scores_of"])["name"] if "scores_of" in label else label["model"]
    return f"{folder}/{model}/{label['arm']}/seed{label['seed']}.jsonl"


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


def read_answers(path: str | os.PathLike) -> dict[Key, Json]:
    """Read an answer file into ``{(split, id, number): line}``, in file order; UserError names a faulty line."""
    answers: dict[Key, Json] = {}
    for place, line in enumerate(read_jsonl(path), start=1):
        if None in (line.get("split"), line.get("id")) or not isinstance(line.get("answer"), str):
            raise UserError(f"{path}, answer {place}: needs 'id', 'split' and a text as 'answer'; make the file again")
        number = line.get("number", 0)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise UserError(f"{path}, answer {place}: its number, {number!r}, is not a whole number of at least 0")
        key = key_of(line)
        if key in answers:
            raise UserError(f"{path}: two answers for the {_told(key)}; make the file again")
        answers[key] = line
    return answers


def _told(key: Key) -> str:
    """Return how a message names an answer's row, with the answer's number where it is not the first."""
    split, name, number = key
    return f"row '{name}' of '{split}'" + (f", number {number}" if number else "")


def require_same_rows(
    answers: Iterable[Key],
    rows: dict[str, list[Json]],
    path: str | os.PathLike,
    skip_splits: Iterable[str] = (),
    what: str = "answer",
) -> None:
    """Raise UserError, naming the file and the first row, unless there is something for each row and nothing else.

    ``answers`` holds (split, id, number) keys: each row has as many as any other, numbered from 0 on. Splits in
    ``skip_splits`` are left out on both sides.
    """
    skipped = set(skip_splits)
    have = {key for key in answers if key[0] not in skipped}
    numbers = range(1 + max((number for _, _, number in have), default=0))
    want = [
        (split, row["id"], number)
        for split, of_split in rows.items()
        if split not in skipped
        for row in of_split
        for number in numbers
    ]
    missing = [key for key in want if key not in have]
    if missing:
        raise UserError(f"{path}: no {what} for the {_told(missing[0])} ({len(missing)} missing); make it again")
    extra = sorted(have.difference(want), key=str)
    if extra:
        split = extra[0][0]
        known = f"the rows of '{split}' do not hold it" if split in rows else f"no rows file was given for '{split}'"
        raise UserError(f"{path}: the {what} for the {_told(extra[0])} belongs to no row: {known}")


def gold_answers(row: Json, split: str, column: str = ANSWER) -> list[str]:
    """Return a row's gold answers; UserError when it has none.

    They stand in the column `golds` where a row of the split has several, else in ``column`` (a text, or a list).
    """
    gold = row.get(GOLDS) or row.get(column)
    golds = [gold] if isinstance(gold, str) else list(gold or [])
    if not golds or not all(isinstance(one, str) for one in golds):
        raise UserError(
            f"rows of '{split}': the row '{row['id']}' has no gold answer, so it cannot be scored; "
            f"add its answer, or leave the split '{split}' out of scoring"
        )
    return golds
