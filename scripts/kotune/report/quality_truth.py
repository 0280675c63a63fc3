"""Ratings and rules of rows against what is known of the rows, and against a second opinion: tables.

Takes ratings and their document (`curation.rating`), filters of rowsets, difficulties; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.curation.choosing import failing
from kotune.curation.difficulty import rank_agreement
from kotune.curation.educational import class_of
from kotune.printing.table import EMPTY, Column, Row, Table, bare, build, text
from kotune.report.quality import between
from kotune.report.quality_names import AGREEMENT, TRUTH
from kotune.study.quality_facts import FEATURES

Signal = tuple[str, Callable[[Json], bool]]  # how it is called, and whether it removes a row


def _signals(document: Json, filters: Mapping[str, Json]) -> list[list[Signal]]:
    """Return what removes rows: the rating and each feature alone, then each filtered rowset's filter."""
    threshold = document["threshold"]
    alone: list[Signal] = [(f"rated below {threshold}", lambda line: class_of(line["rating"]) < threshold)]
    alone += [
        (name.replace("_", " "), lambda line, name=name: line[name])
        for name in FEATURES
        if name in document["features"]
    ]
    whole = [
        (f"filter of {name}", lambda line, given=given: bool(failing(line, given)))
        for name, given in filters.items()
        if {"at_least", "without"} & given.keys()  # a topic's share says nothing of a row
    ]
    return [alone, whole]


def truth_table(lines: Sequence[Json], document: Json, filters: Mapping[str, Json]) -> Table:
    """Return precision and recall of each signal against what is known to be wrong with rows; exact counts."""
    kinds = sorted({line["truth"] for line in lines if line["truth"]})
    columns = [
        Column("what", "removed by"),
        Column("removed", "rows", "count", "all rows"),
        Column("precision", "precision", "number", "all rows"),
        Column("recall", "recall", "number", "all rows"),
        Column("held_precision", "precision", "number", "held out"),
        Column("held_recall", "recall", "number", "held out"),
        *(Column(f"kind_{kind}", kind.replace("_", " "), "number", "recall of each kind") for kind in kinds),
    ]
    held = [line for line in lines if line["held_out"]]

    def row(signal: Signal) -> Row:
        name, removes = signal
        precision, recall, count = _against(lines, removes)
        held_precision, held_recall, _ = _against(held, removes)
        of = {kind: [line for line in lines if line["truth"] == kind] for kind in kinds}
        return {
            "what": text(name),
            "removed": bare(count, 0),
            "precision": bare(precision, 3),
            "recall": bare(recall, 3),
            "held_precision": bare(held_precision, 3),
            "held_recall": bare(held_recall, 3),
            **{f"kind_{kind}": bare(sum(map(removes, some)) / len(some), 3) for kind, some in of.items()},
        }

    bad = sum(bool(line["truth"]) for line in lines)
    counts = ", ".join(f"{kind.replace('_', ' ')} {sum(line['truth'] == kind for line in lines):,}" for kind in kinds)
    notes = [
        f"Of {len(lines):,} rows it is known what is wrong with {bad:,} ({counts or 'none'}). Precision: of the rows "
        "that are removed, those with something wrong; recall: of those with something wrong, those that are removed. "
        f"Held out: the {len(held):,} rows whose labels validate the rating; it learned those of the others."
    ]
    sections = [[row(signal) for signal in some] for some in _signals(document, filters)]
    return build(TRUTH, "The filter against what is known of the rows", columns, sections, notes)


def _against(lines: Sequence[Json], removes: Callable[[Json], bool]) -> tuple[float | None, float | None, int]:
    """Return precision, recall and how many rows are removed; None where there is nothing to divide by."""
    gone = [line for line in lines if removes(line)]
    right, bad = sum(bool(line["truth"]) for line in gone), sum(bool(line["truth"]) for line in lines)
    return (right / len(gone) if gone else None), (right / bad if bad else None), len(gone)


def agreement_table(lines: Sequence[Json], difficulties: Sequence[Json], seed: int, model: str) -> Table:
    """Return how far two opinions on rows agree in rank: ratings, labels and difficulty."""
    columns = [Column("what", "opinions"), Column("rows", "rows", "count"), Column("rank", "Spearman", "interval")]
    hard = {one["id"]: one["ifd"] for one in difficulties if one["ifd"] is not None}

    def row(what: str, some: Sequence[Json], one: Callable[[Json], float], other: Callable[[Json], float]) -> Row:
        found = rank_agreement(
            [one(line) for line in some], [other(line) for line in some], [u[UNIT] for u in some], seed
        )
        rank = EMPTY if found["spearman"] is None else between({**found, "value": found["spearman"]})
        return {"what": text(what), "rows": bare(found["rows"], 0), "rank": rank}

    asked = [line for line in lines if line["id"] in hard]
    labelled = [line for line in asked if line["label"] is not None]
    held = [line for line in lines if line["held_out"]]
    rows = [
        row("rating and difficulty (IFD)", asked, lambda line: line["rating"], lambda line: hard[line["id"]]),
        row("label and difficulty (IFD)", labelled, lambda line: line["label"], lambda line: hard[line["id"]]),
        row("rating and label, held out", held, lambda line: line["rating"], lambda line: line["label"]),
    ]
    above = sum(value >= 1 for value in hard.values())
    notes = [
        f"IFD: the mean loss of a row's answer behind its instruction over that behind nothing, by {model} as it is. "
        f"Of {above:,} of {len(hard):,} rows it is 1 or more: the instruction tells nothing of the answer. Intervals: "
        "95 %, by a bootstrap of units; empty where one side never changes."
    ]
    return build(AGREEMENT, "How far second opinions agree", columns, [rows], notes)
