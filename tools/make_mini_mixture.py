"""Make the bundled instruction sets, which stand for KoAlpaca 1.1a, OpenOrca-KO and OpenAssistant Guanaco in Korean.

Reads the patterns of resources/mini/safe-chat/ and of resources/mini/benchmark/; writes koalpaca.jsonl.xz,
openorca-ko.jsonl.xz, guanaco-ko.jsonl.xz and README.md into resources/mini/mixture/. The
same patterns and seed give the same bytes. With ``--check`` nothing is written; differing files are named instead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import make_mini_benchmark

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.benchmark import build_benchmark
from kotune.mini.benchmark_stock import load_benchmark_stock
from kotune.mini.chat_stock import load_stock
from kotune.mini.mixture import REPEATED, Row, build_mixture

SEED = 20261206
COUNTS = {"koalpaca": 200, "openorca-ko": 240, "guanaco-ko": 90}


def card(rows: Mapping[str, Sequence[Row]]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    sources = Counter(row["id"].split(".")[0] for row in rows["openorca-ko"])
    counted = ", ".join(f"{name} {count}" for name, count in sorted(sources.items()))
    several = sum(row["text"].count("### Human:") > 1 for row in rows["guanaco-ko"])
    columns = {name: ", ".join(f"`{column}`" for column in found[0]) for name, found in rows.items()}
    table = "\n".join(f"| {name}.jsonl.xz | {len(found)} | {columns[name]} |" for name, found in rows.items())
    return f"""# mixture: three generated Korean instruction sets

Invented instructions in the layouts of three public sets, for trying the pipeline without any download. None of the
rows is of a public data set; what a model learns of them says nothing about its Korean.

| file | rows | columns |
|---|---:|---|
{table}

- **openorca-ko.jsonl.xz**: an id begins with where a row is from ({counted}).
- **guanaco-ko.jsonl.xz**: a conversation is one text; {several} have several questions.
- **Planted**, since public sets have it: {REPEATED} rows of koalpaca stand there twice, {REPEATED} more all but
  for their last signs, {REPEATED} stand in openorca-ko with other blanks; two rows of openorca-ko are test
  items of the bundled benchmark; of the conversations two begin alike, one ends with a question, and three cannot be
  parsed (no answer, no marker, an empty turn).
- **How made.** `python tools/make_mini_mixture.py` (seed {SEED}) fills the patterns in `../safe-chat/patterns.yaml` and
  `../benchmark/patterns.yaml`. No deed and no fact that safe-chat's prompt set asks for is in a row.
- **Licence.** Apache-2.0, like this repository.
"""


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    stock = load_benchmark_stock()
    tested = build_benchmark(stock, make_mini_benchmark.COUNTS, make_mini_benchmark.SEED)
    rows = build_mixture(load_stock(), stock, COUNTS, seed, tested)
    files = {f"{name}.jsonl.xz": _lines(found) for name, found in rows.items()}
    return files | {"README.md": card(rows)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, ROOT / "resources" / "mini" / "mixture", SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
