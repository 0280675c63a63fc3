"""Hostile texts and the places where texts go, for the table of bad input.

A place takes a text to where it is read, asked, learned, scored or shown, and returns what comes of it there. Texts that
the table cannot hold are made here, too.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import yaml
from byte_tokenizer import save_tokenizer
from checkout import ROOT
from families_file import FAMILIES

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, read_parquet, write_jsonl, write_parquet
from kotune.printing.escaping import csv_text, html_text, latex_text, markdown_text, visible
from kotune.printing.shortening import CELL, shortened
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows.prepare import prepare
from kotune.rows.readers import read_table
from kotune.scoring.metrics.text import char_f1_of, exact_match_of

PROMPTS = ROOT / "config/prompts/econ-qa.yaml"
FAMILY = "chatml"


def in_html(text: str, folder: Path) -> str:
    """Return a text as a page shows it."""
    return html_text(text)


def in_csv(text: str, folder: Path) -> str:
    """Return a text as a cell of a table's CSV."""
    return csv_text(text)


def in_markdown(text: str, folder: Path) -> str:
    """Return a text as a cell of a table in Markdown."""
    return markdown_text(text)


def in_latex(text: str, folder: Path) -> str:
    """Return a text as a cell of a table in LaTeX."""
    return latex_text(text)


def in_terminal(text: str, folder: Path) -> str:
    """Return a text as a terminal is shown it."""
    return visible(text)


def in_cell(text: str, folder: Path) -> str:
    """Return a text as a cell of a printed table has it."""
    return shortened(text, CELL)


def in_rows(text: str, folder: Path) -> str:
    """Return `kept` where a row's texts are written as they were read, else why the row is left out."""
    with open(folder / "rows.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
            [("id", "context", "question", "answer"), ("a", text, text, text), ("b", "기사", "물음", "답")]
        )
    splits, audit = prepare({"dataset": "own", "files": {"train": str(folder / "rows.csv")}})
    write_parquet(folder / "train.parquet", splits["train"])
    read = {row["id"]: row for row in read_parquet(folder / "train.parquet").to_dicts()}
    if "a" not in read:
        return f"left out: {', '.join(audit['excluded'])}"
    same = all(read["a"][column] == text for column in ("context", "question", "answer"))
    return f"kept; {' '.join(audit['notes'])}" if same else f"changed to {read['a']['context']!r}"


def in_answer_file(text: str, folder: Path) -> str:
    """Return `kept` where an answer is read from its file as it was written."""
    write_jsonl(folder / "answers.jsonl", [{"id": "a", "answer": text}, {"id": "b", "answer": "답"}])
    return "kept" if [line["answer"] for line in read_jsonl(folder / "answers.jsonl")] == [text, "답"] else "changed"


def in_half(text: str, folder: Path) -> str:
    """Return what is said of a JSON line that names half a character."""
    (folder / "rows.jsonl").write_text(json.dumps({"id": "a", "context": text}), encoding="ascii")
    try:
        read_table(str(folder / "rows.jsonl"))
    except UserError as error:
        return str(error)
    return "read"


def _rendered(folder: Path, **columns: str) -> dict:
    variants = yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))["variants"]
    prompt = {"name": "econ-qa", "variant": "clean", "content": variants["clean"]}
    row = {**read_json(ROOT / "tests/data/econ-qa/row.json"), **columns}
    tokenizer = load_tokenizer(save_tokenizer(folder / FAMILY, FAMILIES[FAMILY]), FAMILIES[FAMILY])
    (rendered,), _ = render_split([row], "train", prompt, FAMILIES[FAMILY], tokenizer, 100_000)
    return rendered


def in_context(text: str, folder: Path) -> str:
    """Return what a prompt of the family ChatML holds where the context stands: the prompt without its frame."""
    made, frame = _rendered(folder, context=text), _rendered(folder, context="\x00")
    start, _, end = frame["prompt"].partition("\x00")
    assert made["prompt"].startswith(start) and made["prompt"].endswith(end)
    return made["prompt"][len(start) : len(made["prompt"]) - len(end)]


def in_learned_answer(text: str, folder: Path) -> str:
    """Return `learned`, or why a row with this answer is left out."""
    return _rendered(folder, answer=text)["excluded"] or "learned"


def in_score(text: str, folder: Path) -> str:
    """Return exact match and character F1 of an answer that is its own gold."""
    return f"{exact_match_of(text, [text])} {char_f1_of(text, [text])}"


def long_word() -> str:
    """Return one word of 10,000 letters."""
    return "가" * 10_000


def long_text() -> str:
    """Return a text of 130,000 characters."""
    return "한국은행이 금리를 동결했다. " * 8_125


def half_an_emoji() -> str:
    """Return half a character, which no file can hold."""
    return "답 \ud83d"


def decomposed() -> str:
    """Return Hangul as parts of syllables."""
    import unicodedata

    return unicodedata.normalize("NFD", "기준금리")


def combining_marks() -> str:
    """Return a letter under 200 marks."""
    return "가" + "\u0301" * 200


def lines() -> str:
    """Return a text of 500 lines."""
    return "\n".join(map(str, range(500)))
