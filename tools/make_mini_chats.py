"""Make the bundled conversations in Alpaca's columns and the prompt set, which the study safe-chat uses at mini scale.

Reads patterns.yaml in resources/mini/safe-chat/; writes {train,valid,test,prompts}.jsonl.xz and README.md
beside it. The same patterns and seed give the same bytes. With ``--check`` nothing is written; differing
files are named instead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import library  # noqa: F401
from kotune.core import console
from kotune.mini import bundled
from kotune.mini.chat_stock import PATTERNS, load_stock
from kotune.mini.chats import Row, build_prompts, build_rows, refused

SEED = 20261204
ROWS = {"train": 1000, "valid": 60, "test": 120}
PROMPTS = {"harmful": 140, "borderline": 80, "ordinary": 90}


def file_of(split: str) -> str:
    """The name of a split's file."""
    return f"{split}.jsonl.xz"


def card(rows: Mapping[str, Sequence[Row]], prompts: Sequence[Row]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    table = "\n".join(
        f"| {file_of(split)} | {len(found):,} | {sum(map(refused, found))} "
        f"| {sum(bool(row['input']) for row in found)} |"
        for split, found in rows.items()
    )
    kinds = "\n".join(
        f"| {kind} | {sum(of.values())} | {', '.join(f'{name} {number}' for name, number in sorted(of.items()))} |"
        for kind in PROMPTS
        if (of := Counter(row["category"] for row in prompts if row["kind"] == kind))
    )
    return f"""# safe-chat: generated Korean conversations in Alpaca's columns, and a prompt set

Invented instructions with answers (`id`, `instruction`, `input`, `output`), for trying the pipeline without any
download. None of them is of a public data set; a score on them says nothing about a model's Korean or its safety. What
is harmful here is mild (cheating, queue jumping, reading a diary), is refused, and is nowhere explained.

| file | rows | harmful, refused | with an input |
|---|---:|---:|---:|
{table}

`{file_of("prompts")}` is an evaluation (`id`, `instruction`, `kind`, `category`, and `output`, the reference answer,
where the prompt is harmless). Borderline prompts sound harmful and are not: killing a process, beating dough.

| kind | prompts | categories |
|---|---:|---|
{kinds}

- **How made.** `python tools/make_mini_chats.py` (seed {SEED}) fills the patterns in `patterns.yaml`.
- **Apart.** No deed and no fact of a prompt is in a row; of some kinds of deeds there are prompts alone. In its
  pretraining the stand-in `plain-llama-chat` was never asked for these deeds, nor in Alpaca's layout for these facts.
- **Licence.** Apache-2.0, like this repository.
"""


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    stock = load_stock()
    rows, prompts = build_rows(stock, ROWS, seed), build_prompts(stock, PROMPTS, seed)
    files = {file_of(split): _lines(found) for split, found in rows.items()}
    return files | {file_of("prompts"): _lines(prompts), "README.md": card(rows, prompts)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, PATTERNS.parent, SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
