"""Make the bundled rows of the task code, which the study data-quality uses: Python functions from Korean docstrings.

Writes train (raw, with noise of known kinds), textbook, practice, valid, test and test-unseen as .jsonl.xz, and
README.md, to resources/mini/code/. The same seed gives the same bytes. With ``--check`` nothing is written; differing
files are named instead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.code_rows import MISSED, Row, build
from kotune.mini.functions import PATTERNS

FOLDER = ROOT / "resources" / "mini" / "code"
SEED = 20270110
ROWS = {"train": 900, "textbook": 240, "practice": 96, "valid": 30, "test": 60, "test-unseen": 30}


def card(rows: Mapping[str, Sequence[Row]]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    kinds = Counter(row["noise"] or "none" for row in rows["train"])
    table = "\n".join(f"| {kind} | {kinds[kind]} |" for kind in sorted(kinds))
    files = "\n".join(
        f"| {name}.jsonl.xz | {len(found)} | "
        + ", ".join(f"{key} {number}" for key, number in sorted(Counter(row["category"] for row in found).items()))
        + " |"
        for name, found in rows.items()
    )
    held = sum(one.held_out for one in PATTERNS)
    return f"""# code: small Python functions from Korean docstrings

Generated functions over numbers, texts and lists (`id`, `instruction`, `output`, `category`, `noise`, `value`, and but
for rows that are learned alone `entry_point` and `tests`), for trying the pipeline without any download. They say
nothing about a model's Python.

| file | rows | by category |
|---|---:|---|
{files}

- **Raw.** Rows of `train` are as collected code is: unbalanced, and a part of them noise of a known kind.

| noise | rows of train |
|---|---:|
{table}

- **Value.** `value` is what a row is worth for teaching, 0 to 5, by a rule; {MISSED:.0%} of the labels miss it by one.
- **Apart.** Of {len(PATTERNS)} patterns {held} are held out: `test-unseen` is made of them, nothing else is, nor is any
  pretraining. No row that is asked in one file is asked in another.
- **How made.** `python tools/make_mini_code.py` (seed {SEED}).
- **Licence.** Apache-2.0, like this repository.
"""


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    rows = build(ROWS, seed)
    return {f"{name}.jsonl.xz": _lines(found) for name, found in rows.items()} | {"README.md": card(rows)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, FOLDER, SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
