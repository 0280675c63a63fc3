"""The audit of a benchmark: its counts, how its labels are spelt, and what of each test stands in its train.

Reads and writes nothing. A leak is a count of items of the test, never a text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kotune.core.particles import choose
from kotune.core.storage import Json
from kotune.harness import kobest
from kotune.harness.shots import showing_originals
from kotune.harness.sources import ID, Benchmark, key_of
from kotune.harness.task_files import TaskFile
from kotune.harness.tasks import with_shots

if TYPE_CHECKING:
    from lm_eval.api.task import ConfigurableTask

# What several items may share, and so may a train row that has another question: file of the task → what, its column.
SHARED = {
    "kobest_boolq": ("paragraphs", "paragraph"),
    "kobest_copa": ("premises", "premise"),
    "kobest_hellaswag": ("contexts", "context"),
    "kobest_wic": ("target words", "word"),
}


def _leak(what: str, found: Iterable[bool], of: str) -> Json:
    said = list(found)
    return {"what": what, "test": sum(said), "rows": len(said), "of": of}


def _texts(rows: Mapping[str, list[Json]], items: str) -> list[Json]:
    """Return how many items stand, word for word, in each other split, and twice in their own; and so of validation."""
    held = {split: Counter(map(key_of, others)) for split, others in rows.items()}
    found = [
        _leak("texts", (key_of(row) in held[split] for row in rows[items]), split) for split in rows if split != items
    ]
    found.append(_leak("texts, twice", (held[items][key_of(row)] > 1 for row in rows[items]), items))
    if {"train", "validation"} <= rows.keys() and items != "validation":
        found.append(
            _leak("texts of validation", (key_of(row) in held["train"] for row in rows["validation"]), "train")
        )
    return found


def _shared(benchmark: Benchmark, items: str) -> list[Json]:
    """Return how many items share with a train row what tells much of them: a paragraph, a premise, a word."""
    found = []
    for stem, (what, column) in SHARED.items():
        if stem in benchmark.task.stems():
            held = {row[column].strip() for row in benchmark.rows["train"]}
            found.append(_leak(what, (row[column].strip() in held for row in benchmark.rows[items]), "train"))
    return found


def _originals(rows: Mapping[str, list[Json]]) -> list[Json]:
    """Return how many items of SentiNeg's test are a row of its train, negated; nothing where nobody can say."""
    if not any(kobest.ORIGINAL in row for row in rows["test"]):
        return []
    train, label = {row[ID]: row for row in rows["train"]}, kobest.HUB_LABEL
    pairs = [(row, train.get(row.get(kobest.ORIGINAL) or "")) for row in rows["test"]]
    opposite = (one is not None and one[label] != row[label] for row, one in pairs)
    return [
        _leak("originals, negated", (one is not None for _, one in pairs), "train"),
        _leak("originals with the opposite label", opposite, "train"),
    ]


def unknown(benchmark: Benchmark) -> list[str]:
    """Return what nobody can say of a benchmark's rows, a line each: which train row an item of SentiNeg negates."""
    if "kobest_sentineg" not in benchmark.task.stems() or any(kobest.ORIGINAL in row for row in benchmark.rows["test"]):
        return []
    return [
        f"{benchmark.task.name}: no file says which train row a test item negates (the makers' test.tsv does, or the "
        "hub's split test_originated); an item may be shown its own original, and the table of leaks cannot count them"
    ]


def _senses(rows: Mapping[str, list[Json]]) -> list[Json]:
    """Return how often the makers' numbers of two senses, equal or not, give the label of an item of WiC."""
    if not all("sense_1" in row for row in rows["test"]):
        return []
    told = (int(row["sense_1"].strip() == row["sense_2"].strip()) == row[kobest.HUB_LABEL] for row in rows["test"])
    return [_leak("labels told by the makers' numbers of senses", told, "test")]


def _split(benchmark: Benchmark, split: str) -> Json:
    rows, spellings = benchmark.rows[split], benchmark.spellings[split]
    labels = Counter(str(row[kobest.HUB_LABEL]) for row in rows if kobest.HUB_LABEL in row)
    twice = Counter(map(key_of, rows))
    return {
        "rows": len(rows),
        "labels": dict(sorted(labels.items())) if spellings else {},
        "spellings": dict(sorted(spellings.items())),
        "duplicates": len(rows) - len(twice),
    }


def audit(benchmark: Benchmark) -> Json:
    """Return a benchmark's audit: its ``splits`` (rows, labels, how they are spelt, duplicates) and its ``leaks``.

    ``duplicates``: rows beyond the first of each text. A leak: what, how many items of the test, of how many rows, of
    which split.
    """
    rows, items, stems = benchmark.rows, benchmark.task.splits()["items"], benchmark.task.stems()
    leaks = _texts(rows, items) + _shared(benchmark, items)
    leaks += _originals(rows) if "kobest_sentineg" in stems else []
    leaks += _senses(rows) if "kobest_wic" in stems else []
    return {"items": items, "splits": {split: _split(benchmark, split) for split in rows}, "leaks": leaks}


def faults(task: TaskFile, theirs: ConfigurableTask, rows: dict[str, list[Json]], num_fewshot: list[int]) -> list[Json]:
    """Return what lm-eval's own requests do to items, in the form of leaks; ``theirs``: its task over these rows.

    Items of SentiNeg whose shots hold the row that they negate, for each number of shots; items of WiC whose question
    has a particle that does not fit.
    """
    places, found = task.splits(), []
    items, pool = rows[places["items"]], rows.get(places["shots"], [])
    if "kobest_sentineg" in task.stems() and any(kobest.ORIGINAL in row for row in items):
        for shots in filter(None, num_fewshot):
            with_shots(theirs, shots)
            shown = set(showing_originals(theirs.sampler, pool, items, shots))
            found.append(_leak(f"original among {shots} published shots", (row[ID] in shown for row in items), "train"))
    if "kobest_wic" in task.stems():
        wrong = (choose(row["word"], "이") == "이" for row in items)
        found.append(_leak("published question with a wrong particle", wrong, places["items"]))
    return found
