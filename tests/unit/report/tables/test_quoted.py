"""The tables that quote: published numbers say what they are of, examples follow their rules, markup stays text."""

from __future__ import annotations

import csv
import io

import fake_results
import polars

from kotune.core.storage import read_jsonl, read_parquet, write_jsonl, write_parquet


def test_published_scores_stand_beside_ours_with_a_warning(hostile):
    document = hostile.table("published")
    assert "not said which split" in document["notes"][0]
    row = next(row for row in document["rows"] if row[1]["text"] == "rtzr/ko-gemma-2-9b-it")
    assert (row[2]["text"], row[3]["text"]) == ("74.6", "tiny-gemma2")


def test_beside_real_models_published_scores_have_a_difference_and_our_interval(real):
    document, numbers = real.table("published"), real.numbers
    assert [column["name"] for column in document["columns"]][4:6] == ["ours", "difference"]
    row = next(row for row in document["rows"] if row[1]["text"] == "rtzr/ko-gemma-2-9b-it")
    ours = numbers["econ-qa.base.tiny-gemma2.test.char_f1"]
    assert (row[2]["text"], row[3]["text"]) == ("74.6", "tiny-gemma2")
    assert row[4]["text"] == f"{100 * ours['value']:.1f}"
    assert (row[4]["low_text"], row[4]["high_text"]) == (f"{100 * ours['low']:.1f}", f"{100 * ours['high']:.1f}")
    assert row[5]["text"] == f"{100 * ours['value'] - 74.6:+.1f}"
    assert not any(cell.get("text") for cell in document["rows"][2][3:6]), (
        "a model that is not ours has nothing beside it"
    )
    votes = next(row for row in document["rows"] if row[1]["text"] == "members agree 3:0:0")
    here = numbers["econ-qa.votes.submission.3:0:0.share"]
    assert (votes[4]["text"], here["n"]) == (here["text"], fake_results.SUBMITTED)
    rows = next(row for row in document["rows"] if row[1]["text"] == "rows of train.csv")
    assert (rows[2]["text"], rows[4]["text"]) == ("33,716", str(sum(fake_results.SPLITS.values())))


def test_the_notes_say_how_the_splits_differ(real, tmp_path):
    notes = " ".join(real.table("published")["notes"])
    assert "measured on rows that are not named, ours on test, rows of dacon-236291" in notes
    assert "the splits differ" in notes
    assert "1,507 test questions (test.csv), ours of submission, the same rows" in notes
    other = real.copied(tmp_path / "other", dataset=real.settings["dataset"] | {"name": "mine"})
    other.make_tables()
    notes = " ".join(other.table("published")["notes"])
    assert "mine is not the data that the published numbers are of" in notes
    assert "ours of submission, other rows" in notes


def test_stand_ins_have_no_difference_to_what_was_published(hostile):
    assert "difference" not in [column["name"] for column in hostile.table("published")["columns"]]


def test_markup_in_answers_stays_text_in_every_format(hostile):
    folder = hostile.study / "tables"
    markdown, latex = ((folder / f"examples.{ending}").read_text(encoding="utf-8") for ending in ("md", "tex"))
    assert "<script>" not in markdown
    assert "&lt;script&gt;" in markdown
    page = (folder / "examples.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert r"\input{/" not in latex
    assert "\\{중괄호\\}" in latex
    assert "\x1b" not in (folder / "examples.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO((folder / "examples.csv").read_text(encoding="utf-8")))
    assert not any(row["answer"].startswith("=") for row in rows)
    widths = {line.count("|") - line.count(r"\|") for line in markdown.split("\n") if line.startswith("|")}
    assert len(widths) == 1


def test_examples_are_the_rows_that_their_rules_name(hostile):
    document = hostile.table("examples")
    rules = [row[0]["text"] for row in document["rows"] if row[0].get("text")]
    assert len(rules) == 8
    group = next(n for n, row in enumerate(document["rows"]) if row[0].get("text", "").startswith("largest gain"))
    base, tuned = (float(document["rows"][group + n][8]["text"]) for n in (0, 1))
    assert tuned - base > 0.5


def test_a_study_that_reasons_shows_the_reasons_of_the_first_answer_beside_the_gold_ones(plain, tmp_path):
    made = plain.copied(tmp_path / "reasons", reasoning=True)
    for split in made.settings["reported"]:
        path = made.study / f"rows/all/{split}.parquet"
        write_parquet(path, read_parquet(path).with_columns(cot_answer=polars.lit("왜냐하면")))
    for path in (made.study / "answers").rglob("*.jsonl"):
        write_jsonl(path, [{**line, "reasoning": "그래서"} for line in read_jsonl(path)])
    made.make_tables()
    document = made.table("examples")
    assert [column["name"] for column in document["columns"]][-2:] == ["gold_reasoning", "reasoning"]
    first, second = document["rows"][:2]
    assert [cell.get("text", "") for cell in (*first[-2:], *second[-2:])] == ["왜냐하면", "그래서", "", "그래서"]
