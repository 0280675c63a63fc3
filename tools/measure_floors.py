"""Measure what preference or classification data can show: annotators' agreement, bigrams as a floor, and the power.

Reads a file of pairs (columns prompt, chosen, rejected; any ending that rows may have), or SQuARe's annotated responses
as their makers published them; prints the numbers and, with ``--write``, keeps them in docs/measured/floors.json, from
which tools/fill_measured.py fills docs/quality.md. No text is kept.

  python tools/measure_floors.py --pairs pairs.jsonl
  python tools/measure_floors.py --square response_test_ood_annotations.json --write
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.storage import Json, needed, read_json, sha256_of, write_json
from kotune.curation import floors
from kotune.report import floor_tables
from kotune.rows.readers import read_table

KEPT = ROOT / "docs/measured/floors.json"
COLUMNS = ("prompt", "chosen", "rejected")
ANNOTATED = ("raw_annotations", "Q2: Acceptable or Non-acceptable", "acceptable?")


def of_file(path: Path) -> Json:
    """Return what a file of pairs can show."""
    frame = read_table(str(path)).frame
    for column in COLUMNS:
        if column not in frame.columns:
            raise UserError(f"{path}: there is no column '{column}'{nearest(column, frame.columns)}")
    return {"pairs": floors.of_pairs(*(frame[column].to_list() for column in COLUMNS))}


def pairs_of(rows: Sequence[Json]) -> list[tuple[str, int, int]]:
    """Return (question, place of an acceptable response, place of another) for all pairs of each question."""
    by_question: dict[str, dict[int, list[int]]] = {}
    for place, row in enumerate(rows):
        by_question.setdefault(row["question"], {0: [], 1: []})[row["acceptable?"]].append(place)
    return [(name, one, other) for name, of in by_question.items() for one in of[1] for other in of[0]]


def of_square(path: Path) -> Json:
    """Return what SQuARe's responses can show, as labels and as pairs, and how far its annotators agree."""
    rows = read_json(path)
    where, question, label = ANNOTATED
    ratings = [[one[label] for one in needed(needed(row, where, path), question, path)] for row in rows]
    pairs = pairs_of(rows)
    questions, texts = ([row[key] for row in rows] for key in ("question", "response"))
    labels = [row["acceptable?"] for row in rows]
    unanimous = [len(set(one)) == 1 for one in ratings]
    sides = ([texts[pair[side]] for pair in pairs] for side in (1, 2))
    return {
        "sha256": sha256_of(path),
        "annotators": floors.annotators(ratings),
        "labels": {
            "rows": len(rows),
            "by_question": floors.label_auc(texts, labels, questions),
            "by_topic": floors.label_auc(texts, labels, floors.topics_of(questions)),
        },
        "unanimous": sum(unanimous[one] and unanimous[other] for _, one, other in pairs),
        "pairs": floors.of_pairs([pair[0] for pair in pairs], *sides),
    }


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="a file of pairs")
    parser.add_argument("--square", type=Path, help="SQuARe's response_test_ood_annotations.json")
    parser.add_argument("--write", action="store_true", help=f"keep SQuARe's numbers in {KEPT.relative_to(ROOT)}")
    args = parser.parse_args(argv)
    if not (args.pairs or args.square):
        raise UserError("nothing to measure; name a file with --pairs or --square")
    found = {name: make(path) for name, make, path in (("SQuARe", of_square, args.square),
                                                       (str(args.pairs), of_file, args.pairs)) if path}  # fmt: skip
    print(floor_tables.table(found))
    if args.write and args.square:
        write_json(KEPT, {"SQuARe": found["SQuARe"]})


if __name__ == "__main__":
    console.run(main)
