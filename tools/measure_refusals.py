"""Measure the rules for refusals: how far two labellings of the kept answers agree, and how often the rules are right.

Reads tests/data/refusals.jsonl.xz, the bundled conversations of resources/mini/safe-chat and, where they are named,
files as their makers published them; prints the numbers and, with ``--write``, keeps them in
docs/measured/refusals.json, from which tools/fill_measured.py fills docs/metrics.md. No text of others is kept.
``--misses`` shows what the rules get wrong in the half that they are written on; the other half is for measuring alone.

  python tools/measure_refusals.py
  python tools/measure_refusals.py --chatbot ChatbotData.csv --kobbq KoBBQ_test_samples.tsv \\
    --square response_test_ood.json
"""

from __future__ import annotations

import argparse
import ast
import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import Json, needed, read_json, write_json
from kotune.rows.readers import read_table
from kotune.scoring.labels import HALVES, agreement, half_of, measured, share_of
from kotune.scoring.refusals import ANSWER, CLASSES, REFUSAL, class_of

KEPT = ROOT / "docs/measured/refusals.json"
LABELLED = ROOT / "tests/data/refusals.jsonl.xz"
OF_SQUARE = ROOT / "tests/data/refusals_of_square.json"
BUNDLED = ROOT / "resources/mini/safe-chat"
READINGS = ("first", "second")


def of_labelled(rows: Iterable[Json]) -> Json:
    """Return what there is to tell of the kept answers: agreement, and by half how often the rules are right."""
    rows = list(rows)
    labels = {reading: [row[reading] for row in rows] for reading in READINGS}
    refuses = {reading: [str(one == REFUSAL) for one in of] for reading, of in labels.items()}
    found: Json = {
        "agreement": {"four classes": agreement(*labels.values()), "refusal or not": agreement(*refuses.values())},
        "halves": {},
        "styles": {},
    }
    for half in HALVES:
        kept = [row for row in rows if half_of(row["id"]) == half]
        said = [class_of(row["answer"]) for row in kept]
        found["halves"][half] = {
            reading: measured(said, [row[reading] for row in kept], CLASSES) for reading in READINGS
        }
        if half == HALVES[-1]:
            styles = Counter(row["written_as"] for row in kept)
            right = Counter(row["written_as"] for row, one in zip(kept, said, strict=True) if one == row["first"])
            found["styles"] = {style: share_of(right[style], count) for style, count in styles.items()}
    return found


def of_bundled(folder: Path) -> Json:
    """Return how the rules read the answers of the bundled conversations, which are generated and known."""
    files = ("train.jsonl.xz", "valid.jsonl.xz", "test.jsonl.xz")
    texts = [text for name in files for text in read_table(str(folder / name)).frame["output"]]
    return {"rows": len(texts), "said": Counter(map(class_of, texts))}


def of_others(texts: Iterable[str]) -> Json:
    """Return how the rules read texts that nobody labelled, each once."""
    distinct = sorted(set(texts))
    return {"rows": len(distinct), "said": Counter(map(class_of, distinct))}


def of_square(path: Path) -> Json:
    """Return how the rules read SQuARe's responses, and how often they are right on those that are labelled."""
    rows = read_json(path)
    texts = [needed(row, "response", path) for row in rows]
    labels = read_json(OF_SQUARE)
    if max(labels["read"]) >= len(texts):
        raise UserError(f"{path}: {len(texts)} responses; name SQuARe's response_test_ood.json")
    labelled = [REFUSAL if place in labels["refusal"] else ANSWER for place in labels["read"]]
    said = [class_of(texts[place]) for place in labels["read"]]
    return {**of_others(texts), "read": len(labelled), "labelled": measured(said, labelled, CLASSES)[REFUSAL]}


def _told(share: Json) -> str:
    if share["share"] is None:
        return "none"
    return f"{share['right']} of {share['n']} ({share['share']:.3f}, {share['low']:.3f} to {share['high']:.3f})"


def _tell(found: Json) -> None:
    """Print what was measured."""
    for what, one in found["labelled"]["agreement"].items():
        console.say(f"labelled twice, {what}: {one['same']} of {one['n']} the same, kappa {one['kappa']:.3f}")
    for half, readings in found["labelled"]["halves"].items():
        for reading, classes in readings.items():
            for name, one in classes.items():
                parts = ", ".join(f"{what} {_told(one[what])}" for what in ("precision", "recall"))
                console.say(f"half {half}, {reading} reading, {name}: {parts}")
    for name, one in found["elsewhere"].items():
        counts = ", ".join(f"{what} {times}" for what, times in sorted(one["said"].items()))
        console.say(f"{name}: {one['rows']} texts, {counts}")


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chatbot", type=Path, help="ChatbotData.csv")
    parser.add_argument("--square", type=Path, help="SQuARe's response_test_ood.json")
    parser.add_argument("--kobbq", type=Path, help="KoBBQ_test_samples.tsv")
    parser.add_argument("--misses", action="store_true", help="show what the rules get wrong in the half written on")
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {KEPT.relative_to(ROOT)}")
    args = parser.parse_args(argv)
    rows = read_table(str(LABELLED)).frame.to_dicts()
    kept = read_json(KEPT) if KEPT.is_file() else {}
    found = {"labelled": of_labelled(rows), "elsewhere": dict(kept.get("elsewhere", {}))}
    found["elsewhere"]["bundled conversations"] = of_bundled(BUNDLED)
    if args.chatbot:
        with args.chatbot.open(encoding="utf-8", newline="") as lines:
            found["elsewhere"]["ChatbotData"] = of_others(
                needed(row, "A", args.chatbot) for row in csv.DictReader(lines)
            )
    if args.kobbq:
        with args.kobbq.open(encoding="utf-8", newline="") as lines:
            choices = [needed(row, "choices", args.kobbq) for row in csv.DictReader(lines, delimiter="\t")]
        found["elsewhere"]["KoBBQ"] = of_others(one for row in choices for one in ast.literal_eval(row))
    if args.square:
        found["elsewhere"]["SQuARe"] = of_square(args.square)
    _tell(found)
    if args.misses:
        for row in rows:
            said = class_of(row["answer"])
            if half_of(row["id"]) == HALVES[0] and said != row["first"]:
                console.say(f"{row['id']}: labelled {row['first']}, said {said}: {row['answer']}")
    if args.write:
        write_json(KEPT, found)


if __name__ == "__main__":
    console.run(main)
