"""Make the bundled rows of long reports.

Reads resources/mini/econ-news/patterns/*.yaml; writes {train,valid,test}.csv.xz and README.md into
resources/mini/long-reports/. The same patterns and seed give the same bytes. With ``--check`` nothing is written;
differing files are named instead.
"""

from __future__ import annotations

import csv
import io
import statistics

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.patterns import load_topics
from kotune.mini.reports import build_rows
from kotune.mini.values import Pool

MINI = ROOT / "resources" / "mini"
SEED = 20261101
LENGTHS = (150, 5200)
"""Characters of the shortest and of the longest report: some 100 to 3,000 tokens."""
SPLITS: dict[str, tuple[int, Pool]] = {"train": (320, "train"), "valid": (40, "held-out"), "test": (60, "held-out")}
COLUMNS = ("id", "context", "question", "answer", "cot_answer")


def csv_text(rows: list[dict[str, str]]) -> str:
    """Rows as CSV with Unix line ends."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def card(splits: dict[str, list[dict[str, str]]]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    lines = []
    for name, rows in splits.items():
        lengths = sorted({row["context"]: len(row["context"]) for row in rows}.values())
        place = statistics.mean(row["context"].index(row["answer"]) / len(row["context"]) for row in rows)
        lines.append(
            f"| {name}.csv.xz | {len(rows):,} | {len(lengths):,} | {lengths[0]:,} | {statistics.median(lengths):,.0f} "
            f"| {lengths[-1]:,} | {place:.0%} |"
        )
    table = "\n".join(lines)
    return f"""# long-reports: generated reports with questions, answers and reasons

Invented reports of many sections, with the columns of HoJL/qa_no7 (`context, question, answer, cot_answer`) and an id,
for trying the study `context-qa` without any download. They are no real news, and a score on them says nothing about a
model's Korean.

| file | rows | reports | characters, shortest | median | longest | the answer stands behind |
|---|---:|---:|---:|---:|---:|---:|
{table}

- **How made.** `python tools/make_mini_reports.py` (seed {SEED}) puts articles made from the patterns in
  `../econ-news/patterns` behind one another, each under a heading, until a length is reached that goes evenly over a
  log scale. No pattern comes twice in a report. The answer stands in exactly one sentence of it, and the last column
  says how much of the report comes before that sentence on average.
- **Reasoning.** `cot_answer` quotes that sentence and ends with the answer.
- **Splits.** valid and test name firms, people, products, cities and countries that train never names. Two questions
  share a report, and no report stands in two splits.
- **Licence.** Apache-2.0, like this repository.
"""


def make(seed: int) -> dict[str, str]:
    """Every file's name and text."""
    topics = load_topics(MINI / "econ-news" / "patterns")
    splits = {name: build_rows(topics, name, count, seed, pool, LENGTHS) for name, (count, pool) in SPLITS.items()}
    return {f"{name}.csv.xz": csv_text(rows) for name, rows in splits.items()} | {"README.md": card(splits)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, MINI / "long-reports", SEED, lambda _, seed: make(seed), argv)


if __name__ == "__main__":
    console.run(main)
