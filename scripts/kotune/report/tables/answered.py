"""What every table of scores says besides: how many rows were asked, how many answers were cut off or are empty.

Read numbers. A page has the three counts in one narrow column, ``60 / 2 / 0``; CSV and JSON have each of them besides.
"""

from __future__ import annotations

from collections.abc import Mapping

from kotune.choice.tables import window_note
from kotune.core.names import LEAVE_OUT
from kotune.printing.numbers import Numbers, answered_key, compared_key
from kotune.printing.table import Cell, Column, shown
from kotune.report.gather.windows import embedder_key
from kotune.report.view import Report

UNASKED = "(not asked: too long)"  # stands where an answer would
COUNTS = {"asked": "asked", "cut_off": "cut off", "empty": "empty"}
EXPLAINED = (
    "Answers: rows asked / answers cut off at the limit of new tokens / answers left empty, over all seeds; a row that "
    "is too long for a model is not asked"
)


def columns(prefix: str, group: str) -> list[Column]:
    """Return the columns of the counts: one for a page, and three for other programs."""
    apart = [Column(f"{prefix}{name}", title, "count", group, printed=False) for name, title in COUNTS.items()]
    return [Column(f"{prefix}answers", "answers", "text", group), *apart]


def cells(numbers: Numbers, prefix: str, start: str) -> dict[str, Cell]:
    """Return the cells of those columns for one contender on one split; ``start``: `answered_key`."""
    apart = {name: shown(numbers, f"{start}.{name}", Column(name, title, "count")) for name, title in COUNTS.items()}
    told = " / ".join(cell.text for cell in apart.values())
    return {
        f"{prefix}answers": Cell(told, told, f"{start}.asked"),
        **{f"{prefix}{name}": cell for name, cell in apart.items()},
    }


def of_contender(report: Report, numbers: Numbers, prefix: str, model: str, arm: str, split: str) -> dict[str, Cell]:
    """Return the cells of a study's own contender."""
    return cells(numbers, prefix, answered_key(report.name, model, arm, split))


def similarity_note(numbers: Numbers, name: str) -> str:
    """Return, with a blank before it, what the embedder's window did to texts; nothing where it has none."""
    key = embedder_key(name)
    if key not in numbers:
        return ""
    entry = numbers[key]
    told = window_note(entry["embedder"], entry["window"], entry["long"], entry["value"], entry["n"])
    return f" Similarity: {told} Texts are counted once for each file of answers."


def thoughts_note(numbers: Numbers, name: str, splits: list[str]) -> str:
    """Return, with a blank before it, what thoughts took, and how many answers never left them; nothing without any."""
    told = []
    for key, entry in numbers.entries.items():
        if not key.startswith(f"{name}.answered.") or not key.endswith(".in_thought"):
            continue
        contender, _, split = key.removeprefix(f"{name}.answered.").removesuffix(".in_thought").rpartition(".")
        arm, _, model = contender.partition(".")
        asked = numbers.value(f"{name}.answered.{contender}.{split}.asked")
        if split in splits and asked:
            tokens = numbers.value(f"{name}.answered.{contender}.{split}.thought_tokens") / asked
            told.append(
                f"{model}, {arm}, {split}: {tokens:.0f} tokens an answer, {entry['text']} of {asked:,} "
                f"({entry['value'] / asked:.0%}) end within them"
            )
    if not told:
        return ""
    return f" Thoughts, which are cut off before scoring: {'; '.join(told)}; such an answer is empty."


def note(numbers: Numbers, name: str, splits: list[str], behind: Mapping[str, str] | None = None) -> str:
    """Return how many rows of each split a table is of, and what became of those that somebody was not asked.

    ``name``: how the keys of the study's, or of the evaluation's, numbers begin; ``behind``: what is said
    behind the n of a split.
    """
    told, short = [], False
    for split in splits:
        entry = numbers[compared_key(name, split)]
        fewer = entry["value"] < entry["n"]
        told.append(
            f"{split}: n = {entry['text']}" + (f" of {entry['n']}" if fewer else "") + (behind or {}).get(split, "")
        )
        short = short or entry["unasked"] > 0
    policy = numbers[compared_key(name, splits[0])]["policy"]
    behind_all = thoughts_note(numbers, name, splits) + similarity_note(numbers, name)
    if not short:
        return f"{'; '.join(told)}. {EXPLAINED}.{behind_all}"
    became = (
        "rows that somebody was not asked are left out for everybody"
        if policy == LEAVE_OUT
        else "and counts 0 for that model"
    )
    joined = ": " if policy == LEAVE_OUT else ", "
    return f"{'; '.join(told)}. {EXPLAINED}{joined}{became}.{behind_all}"
