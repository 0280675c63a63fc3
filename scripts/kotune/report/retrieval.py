"""The table of retrieval: how often the passage that answers is found, as it was measured and kept.

Reads config/retrieval/; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import check
from kotune.core.storage import Json, read_json
from kotune.printing.plain import markdown

KEPT = Path("config/retrieval/korquad-v1.0-dev.json")


def kept_at(root: Path) -> Json:
    """Return the measurement that is kept, checked."""
    kept = read_json(root / KEPT)
    check(kept, "retrieval", str(KEPT))
    return kept


def _share(one: Json) -> str:
    return f"{100 * one['mean']:.1f} [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"


def rows(kept: Json) -> list[list[str]]:
    """Return what was measured: by what is found, recall@1 and @5 in percent with their intervals, the best first."""
    return [[one["title"], _share(one["recall_1"]), _share(one["recall_5"])] for one in kept["found"]]


def table(kept: Json) -> str:
    """Return the table in Markdown."""
    return markdown(["found by", "recall@1", "recall@5"], rows(kept))


def printed(kept: Json) -> Json:
    """Return what a paper prints of it."""
    return {"title": kept["title"], "lines": lines(kept).split("\n\n"), "rows": rows(kept)}


def lines(kept: Json) -> str:
    """Return what is said around the table: on what, how many, and what cutting into morphemes does to gold answers."""
    cut, of = kept["segments"], kept["with"]
    shares = {name: f"{cut[name]:.1%}" for name in ("as_it_is", "in_segments", "given_back", "paragraphs_joined")}
    of_models = "".join(
        f" Tokens of {name} are those of its tokenizer.json (sha256 {digest[:12]}), nothing added."
        for name, digest in sorted(kept.get("tokenizers", {}).items())
    )
    return (
        f"{kept['title']}: {kept['questions']:,} questions of {kept['articles']} articles, {kept['passages']} "
        f"paragraphs; in percent, with 95 % intervals over articles ({kept['resamples']:,} resamples). BM25 with k1 "
        f"{kept['k1']} and b {kept['b']}, by bm25s {of['bm25s']}; Kiwi is kiwipiepy {of['kiwipiepy']}.{of_models}\n\n"
        f"Of {cut['golds']:,} gold answers, {shares['as_it_is']} still stand in their paragraph once that is cut into "
        f"morphemes, {shares['in_segments']} once the gold answer is cut, too; looked up, {shares['given_back']} are "
        f"given back as they were written. Kiwi's own way back gives {shares['paragraphs_joined']} of the paragraphs "
        "as they were."
    )
