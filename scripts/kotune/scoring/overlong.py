"""Rows that are too long for somebody: who was asked how many, and which rows are left for a comparison of all.

Reads score files, in which a row that was not asked says so (`scoring.scores`); writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import LEAVE_OUT, OVERLONG
from kotune.core.storage import Json, read_jsonl

Row = tuple[str, str]  # split, id


@dataclass(frozen=True)
class Compared:
    """What is compared: the rows that are left of each split, those that are left out, and what is told of them."""

    rows: dict[str, list[Json]]
    left_out: frozenset[Row]
    told: Json


def unasked_rows(path: str | os.PathLike) -> set[Row]:
    """Return the rows that a score file says were not asked; none of a file that is not there, which others name."""
    file = Path(path)
    if not file.is_file() or b'"asked"' not in file.read_bytes():
        return set()
    return {(line["split"], line["id"]) for line in read_jsonl(file) if not line.get("asked", True)}


def compared(
    rows: Mapping[str, Sequence[Json]], files: Sequence[str | os.PathLike], labels: Sequence[Json], overlong: str
) -> Compared:
    """Return the rows that are compared: all, or, where ``overlong`` leaves out, those that everybody was asked.

    ``labels`` are ``{"model", "arm", "seed"}``, one a file. ``told``: ``{"policy", "splits": {split: {"rows",
    "compared", "asked": [{"model", "arm", "rows"}]}}}``, of ``asked`` only who was not asked all. Raises UserError for
    an unknown policy, and where no row of a split is left: it names who was asked the fewest.
    """
    if overlong not in OVERLONG:
        raise UserError(f"overlong: unknown '{overlong}'{nearest(overlong, OVERLONG)}")
    ids = {split: {row["id"] for row in of_split} for split, of_split in rows.items()}
    missed: dict[tuple[str, str], set[Row]] = {}
    for path, label in zip(files, labels, strict=False):  # `score_columns.gather` refuses lists of different lengths
        found = {row for row in unasked_rows(path) if row[1] in ids.get(row[0], ())}
        missed.setdefault((label["model"], label["arm"]), set()).update(found)
    left_out = frozenset().union(*missed.values()) if overlong == LEAVE_OUT else frozenset()
    kept: dict[str, list[Json]] = {}
    splits: Json = {}
    for split, of_split in rows.items():
        kept[split] = [row for row in of_split if (split, row["id"]) not in left_out]
        asked = {who: len(of_split) - sum(of == split for of, _ in their) for who, their in missed.items()}
        if of_split and not kept[split]:
            (model, arm), fewest = min(asked.items(), key=lambda item: item[1])
            raise UserError(
                f"overlong: leave_out leaves no row of '{split}' that everybody was asked ({model}/{arm} was asked "
                f"{fewest} of {len(of_split)}); take that model off the study, or set overlong: zero"
            )
        fewer = [
            {"model": model, "arm": arm, "rows": count}
            for (model, arm), count in asked.items()
            if count < len(of_split)
        ]
        splits[split] = {"rows": len(of_split), "compared": len(kept[split]), "asked": fewer}
    return Compared(kept, left_out, {"policy": overlong, "splits": splits})
