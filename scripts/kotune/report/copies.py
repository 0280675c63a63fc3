"""The table of what each way to split a study's rows lets be copied. Takes `curation.copied_answers`' document."""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import Cell, Column, Table, bare, build, text
from kotune.report.leak_names import COPIES

TITLES = {"row": "row, at random", "question": "question", "answer": "answer"}


def _share(one: Json) -> Cell:
    low, high = (fixed(100 * one[end], 1) for end in ("low", "high"))
    return text(f"{fixed(100 * one['share'], 1)} ({low} to {high})")


def table(found: Sequence[Json], own: str) -> Table:
    """Return the table: a row a way to split; ``own``: the study's way, which is set in bold."""
    columns = [
        Column("by", "rows stay together by"),
        Column("train", "train", "count", "rows"),
        Column("test", "test", "count", "rows"),
        Column("answers", "different test answers", "count"),
        Column("in_train", "test answers in train, %"),
        Column("retrieved", "nearest question's answer, exact match, %"),
    ]
    rows = [
        {
            "by": text(TITLES[one["by"]], strong=one["by"] == own),
            **{name: bare(one[name], 0) for name in ("train", "test", "answers")},
            **{name: _share(one[name]) for name in ("in_train", "retrieved")},
        }
        for one in found
    ]
    notes = [
        "The same rows, split three times with the same shares and seed; bold is how the study splits them. Nearest "
        "question: that of train with the highest cosine of TF-IDF over character bigrams, whose answer is given as it "
        "stands; no model is asked. In brackets Wilson's 95 % intervals over rows, which are too narrow where rows "
        "share their answer."
    ]
    return build(COPIES, "What each way to split the rows lets be copied", columns, [rows], notes)
