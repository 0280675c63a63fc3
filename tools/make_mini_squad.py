"""Make the bundled rows in SQuAD's layout, which stand for KorQuAD.

Reads resources/mini/econ-news/patterns/*.yaml; writes rows.json.xz and README.md into resources/mini/korquad/. The same
patterns and seed give the same bytes. With ``--check`` nothing is written; differing files are named instead.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.patterns import load_topics
from kotune.mini.squad import build_data

MINI = ROOT / "resources" / "mini"
SEED = 20261201
DOCUMENTS = 100


def card(data: list[dict[str, Any]]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    paragraphs = [paragraph for document in data for paragraph in document["paragraphs"]]
    asked = [question for paragraph in paragraphs for question in paragraph["qas"]]
    several = sum(len(question["answers"]) > 1 for question in asked)
    length = statistics.mean(len(paragraph["context"]) for paragraph in paragraphs)
    return f"""# korquad: generated Korean economic news in SQuAD's layout

Invented news in the JSON layout of SQuAD and KorQuAD 1.0 (`data`, `paragraphs`, `qas`), for trying the pipeline without
any download. It is not real news and none of it is KorQuAD's; a score on it says nothing about a model's Korean.

| file | articles | paragraphs | questions | with two gold answers | characters a paragraph |
|---|---:|---:|---:|---:|---:|
| rows.json.xz | {len(data):,} | {len(paragraphs):,} | {len(asked):,} | {several:,} | {length:.0f} |

- **How made.** `python tools/make_mini_squad.py` (seed {SEED}) fills the patterns in `../econ-news/patterns`; the
  paragraphs of an article have one topic, and its title names that. An answer stands word for word in exactly one
  statement of its paragraph. A second gold answer is a name without its title, or a number without its unit.
- **Names.** Firms, people, products, cities and countries are of the pool that no stand-in model was pretrained on.
- **Licence.** Apache-2.0, like this repository.
"""


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    data = build_data(load_topics(MINI / "econ-news" / "patterns"), DOCUMENTS, seed, "held-out")
    text = json.dumps({"version": "kotune mini", "data": data}, ensure_ascii=False, separators=(",", ":")) + "\n"
    return {"rows.json.xz": text, "README.md": card(data)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, MINI / "korquad", SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
