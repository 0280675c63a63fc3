"""Measure how well personal data is found in Korean text: precision and recall by kind, on generated sentences.

Reads nothing but, where they are named, files of texts (``--files``: JSON, JSON lines, CSV, TSV), which are counted by
folder. Prints the numbers and, with ``--write``, keeps them in docs/measured/personal_data.json, from which
tools/fill_measured.py fills docs/personal-data.md. Every number in a sentence is drawn by a seed; no sentence is kept,
and of files only counts are.

  python tools/measure_personal_data.py --write
  python tools/measure_personal_data.py --files KorQuAD_v1.0_dev.json ChatbotData.csv
  python tools/measure_personal_data.py --beside presidio --write   # needs presidio-analyzer, no pin of ours
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from personal_sentences import FORMS, SEED, TIMES, generated

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.core.storage import Json, read_json, read_jsonl, read_text, write_jsonl
from kotune.rows.personal_data import KINDS, Found, found
from kotune.scoring.labels import share_of

KEPT = ROOT / "docs/measured/personal_data.json"


def of_generated(
    seed: int = SEED, times: int = TIMES, find: Callable[[str], Sequence[Found]] = found, kinds: Sequence[str] = KINDS
) -> Json:
    """Return precision and recall of each kind, recall of each form, and what is found in the near-misses.

    A piece is right if kind and place are: one found too short, or under another kind, is wrong and missed. ``find``:
    our own finder, or another one's of these ``kinds``.
    """
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    truth: Counter[str] = Counter()
    forms: Json = {}
    misses: Json = {}
    for form, (kind, _, _) in FORMS.items():
        hits: Counter[str] = Counter()
        for text, start, end in generated(form, seed, times):
            pieces = find(text)
            said.update(one.kind for one in pieces)
            hits.update({"right" if kind and one == (kind, start, end) else one.kind for one in pieces})
        if kind is None:
            misses[form] = {"n": times, "found": {one: hits[one] for one in kinds if hits[one]}}
            continue
        if kind not in kinds:
            continue
        forms[form] = {"kind": kind, **share_of(hits["right"], times)}
        right[kind] += hits["right"]
        truth[kind] += times
    kinds = {
        kind: {"precision": share_of(right[kind], said[kind]), "recall": share_of(right[kind], truth[kind])}
        for kind in kinds
    }
    return {"seed": seed, "times": times, "kinds": kinds, "forms": forms, "near_misses": misses}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def texts_of(path: Path) -> list[str]:
    """Return the distinct texts of a file: all strings of JSON or JSON lines, else its lines."""
    if path.suffix in (".json", ".jsonl"):
        try:
            return list(dict.fromkeys(_texts(read_jsonl(path) if path.suffix == ".jsonl" else read_json(path))))
        except json.JSONDecodeError:
            return list(dict.fromkeys(_texts(read_jsonl(path))))
    return list(dict.fromkeys(read_text(path).splitlines()))


def of_texts(texts: list[str]) -> Json:
    """Return how many texts hold each kind."""
    hits = Counter(kind for text in texts for kind in {one.kind for one in found(text)})
    return {"texts": len(texts), "found": {kind: hits[kind] for kind in KINDS if hits[kind]}}


def _of_presidio() -> Json:
    """Return what presidio-analyzer finds in the same sentences: as it comes, and with its Korean recognizers."""
    import presidio_finder

    told: Json = {"version": presidio_finder.version(), "language": presidio_finder.LANGUAGE}
    for way in presidio_finder.WAYS:
        find = presidio_finder.finder(way)
        found_so = of_generated(find=find, kinds=[kind for kind in KINDS if kind in presidio_finder.KINDS])
        told[way] = {
            "kinds": found_so["kinds"],
            "forms": {form: one["right"] for form, one in found_so["forms"].items()},
            "near_misses": {form: one["found"] for form, one in found_so["near_misses"].items() if one["found"]},
        }
        for kind, one in told[way]["kinds"].items():
            counts = ", ".join(f"{what} {share['right']} of {share['n']}" for what, share in one.items())
            console.say(f"presidio {way}, {kind}: {counts}")
    return told


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="files whose texts are counted, too")
    parser.add_argument("--beside", choices=["presidio"], help="measure this package on the same sentences, too")
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {KEPT.relative_to(ROOT)}")
    args = parser.parse_args(argv)
    kept = read_json(KEPT) if KEPT.is_file() else {}
    counted: Json = {}
    measured = {"generated": of_generated(), "elsewhere": dict(kept.get("elsewhere", {}))}
    if args.beside or "presidio" in kept:
        measured["presidio"] = _of_presidio() if args.beside else kept["presidio"]
    for folder in dict.fromkeys(path.resolve().parent for path in args.files):
        texts = [text for path in args.files if path.resolve().parent == folder for text in texts_of(path)]
        counted[folder.name] = of_texts(list(dict.fromkeys(texts)))
    for kind, one in measured["generated"]["kinds"].items():
        told = ", ".join(f"{what} {share['right']} of {share['n']}" for what, share in one.items())
        console.say(f"{kind}: {told}")
    for name, one in counted.items():
        counts = ", ".join(f"{kind} {times}" for kind, times in one["found"].items())
        console.say(f"{name}: {one['texts']:,} texts, {counts or 'nothing found'}")
    measured["elsewhere"] |= counted
    if args.write:
        write_jsonl(KEPT, [measured])  # in one line: nobody reads it, and indented it takes twice as much


if __name__ == "__main__":
    console.run(main)
