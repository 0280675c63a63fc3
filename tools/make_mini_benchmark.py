"""Make the bundled benchmark in KoBEST's five formats, which stands for KoBEST at mini scale.

Reads resources/mini/benchmark/patterns.yaml and resources/mini/safe-chat/patterns.yaml; writes {task}/{split}.tsv.xz
and README.md beside the first. The same patterns and seed give the same bytes. With ``--check`` nothing is written;
differing files are named instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import library  # noqa: F401
from kotune.core import console
from kotune.mini import bundled
from kotune.mini.benchmark import Row, Splits, build_benchmark
from kotune.mini.benchmark_files import files_of
from kotune.mini.benchmark_stock import PATTERNS, load_benchmark_stock

SEED = 20261205
COUNTS = {"train": 64, "dev": 16, "test": 40}
_ABOUT = {
    "BoolQ": "two people's day, and whether one of them did something somewhere",
    "COPA": "a cause or an effect, and two sentences to choose from",
    "HellaSwag": "two steps of an everyday task, and four to go on with",
    "SentiNeg": "a short review, positive or negative",
    "WiC": "two sentences with one word, in one sense or two",
}


def answers(task: str, rows: list[Row]) -> str:
    """How often each answer is right, as the README says it."""
    column = {"BoolQ": "Answer", "COPA": "Answer", "HellaSwag": "label", "SentiNeg": "Label", "WiC": "ANSWER"}[task]
    golds = [row[column] for row in rows]
    return ", ".join(f"{gold}: {golds.count(gold)}" for gold in sorted(set(golds)))


def card(benchmark: Mapping[str, Splits]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    table = "\n".join(
        f"| {task} | {_ABOUT[task]} | {' / '.join(str(len(rows)) for rows in splits.values())} "
        f"| {answers(task, splits['test'])} |"
        for task, splits in benchmark.items()
    )
    return f"""# benchmark: a generated Korean benchmark in KoBEST's five formats

Invented items with known right answers, for trying the pipeline without any download. None of them is KoBEST's; a score
on them says nothing about a model's Korean.

| task | what | train / dev / test | right answers of test |
|---|---|---:|---|
{table}

The files, packed by xz, have the layout of KoBEST 1.0's TSV files, and what one stumbles over there: no quoting though
texts hold quotation marks, CRLF without a last line end (not in HellaSwag), labels in capitals or not from row to row,
SentiNeg's columns in another order in each split, COPA's labels from 1, blanks at the end of texts. SentiNeg's test is
its train negated, but one row; all words of WiC's test but one stand in its train; some rows of HellaSwag stand twice
in train, and one of them in dev.

- **How made.** `python tools/make_mini_benchmark.py` (seed {SEED}) fills the patterns in `patterns.yaml` and in
  `../safe-chat/patterns.yaml`.
- **tasks/** holds the five tasks for lm-evaluation-harness: each includes the official one of KoBEST.
- **Licence.** Apache-2.0, like this repository.
"""


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    benchmark = build_benchmark(load_benchmark_stock(), COUNTS, seed)
    packed = {f"{name}.xz": text for name, text in files_of(benchmark, seed).items()}
    return packed | {"README.md": card(benchmark)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, PATTERNS.parent, SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
