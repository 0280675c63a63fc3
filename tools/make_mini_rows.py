"""Make the bundled rows of Korean economic news.

Reads resources/mini/econ-news/patterns/*.yaml; writes {train,valid,test,test-unseen}.csv.xz and README.md beside
that folder. The same patterns and seed give the same bytes. With ``--check`` nothing is written; differing files are
named instead.
"""

from __future__ import annotations

import csv
import io
import statistics
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.news import build_rows
from kotune.mini.patterns import Topic, load_topics
from kotune.mini.values import Pool

FOLDER = ROOT / "resources" / "mini" / "econ-news"
SEED = 20260101
# split → rows, pool of entities, patterns that were kept apart
SPLITS: dict[str, tuple[int, Pool, bool]] = {
    "train": (1200, "train", False),
    "valid": (80, "held-out", False),
    "test": (120, "held-out", False),
    "test-unseen": (80, "held-out", True),
}


def csv_text(rows: list[dict[str, str]]) -> str:
    """Rows as CSV in DACON's layout: id, context, question, answer; Unix line ends."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["id", "context", "question", "answer"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def file_of(split: str) -> str:
    """The name of a split's file."""
    return f"{split}.csv.xz"


def card(topics: tuple[Topic, ...], splits: dict[str, list[dict[str, str]]]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    seen = sum(len(topic.chosen(False)) for topic in topics)
    unseen = sum(len(topic.chosen(True)) for topic in topics)
    questions = sum(len(pattern.questions) for topic in topics for pattern in topic.patterns)
    lines = []
    for name, rows in splits.items():
        contexts = {row["context"] for row in rows}
        length = statistics.mean(len(context) for context in contexts)
        answer = statistics.mean(len(row["answer"]) for row in rows)
        lines.append(f"| {file_of(name)} | {len(rows):,} | {len(contexts):,} | {length:.0f} | {answer:.1f} |")
    table = "\n".join(lines)
    names = ", ".join(topic.name for topic in topics)
    return f"""# econ-news: generated Korean economic news with questions

Invented news in the layout of DACON 236291 (`id, context, question, answer`), for trying the pipeline without any
download. It is not real news, and a score on it says nothing about a model's Korean.

| file | rows | articles | characters an article | characters an answer |
|---|---:|---:|---:|---:|
{table}

- **How made.** `python tools/make_mini_rows.py` (seed {SEED}) fills hand-written sentence patterns
  (`patterns/*.yaml`) with random values and chooses the particles by sound: {len(topics)} topics, {seen + unseen}
  patterns, {questions} questions. An article holds one to three patterns of a topic and one or two distractor sentences
  with values of the same kind; an answer stands word for word in exactly one statement. `--check` makes everything
  again and compares it with these files.
- **Topics.** {names}.
- **Splits.** train, valid and test use {seen} patterns. valid, test and test-unseen use firms, people, products, cities
  and countries that train never names (the two pools are disjoint). test-unseen asks only the {unseen} patterns that
  stand in no other split and in no text that the stand-in models were pretrained on. No article stands in two splits.
- **Names.** Firms, banks, institutes, brands, products and people are put together from syllables; a likeness to a real
  one is chance. Public bodies, cities, countries and stock indices are real words; what is said of them is not true.
- **Licence.** Apache-2.0, like this repository.
"""


def make(folder: Path, seed: int) -> dict[str, str]:
    """Every file's name and text."""
    topics = load_topics(folder / "patterns")
    splits = {
        name: build_rows(topics, name, count, seed, pool, unseen) for name, (count, pool, unseen) in SPLITS.items()
    }
    files = {file_of(name): csv_text(rows) for name, rows in splits.items()}
    return files | {"README.md": card(topics, splits)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, FOLDER, SEED, make, argv)


if __name__ == "__main__":
    console.run(main)
