"""The tables on what came out: baseline, tuned, comparisons, and what clean-up marks did."""

from __future__ import annotations

import json

import fake_results
import pytest

from kotune.core.storage import read_json


def column(document, name):
    place = [one["name"] for one in document["columns"]].index(name)
    return [row[place] for row in document["rows"]]


def texts(cells):
    return [cell.get("text", "") for cell in cells]


def test_marks_are_listed_with_what_they_did(real, hostile):
    document = real.table("cleanup")
    marks = [row[4]["text"] for row in document["rows"]]
    assert marks == ["Con", "line break", "all marks", "line break", "all marks"] * 2
    first = document["rows"][2]
    assert float(first[10]["text"]) - float(first[9]["text"]) == pytest.approx(float(first[8]["text"]), abs=0.0011)
    none = hostile.table("cleanup")
    assert (none["rows"], none["notes"]) == ([], ["No answer was cut: the prompts have no clean-up marks."])


def test_the_best_base_of_each_metric_is_strong(plain):
    document = plain.table("baseline")
    assert texts(column(document, "model")) == list(fake_results.MODELS)
    cells = column(document, "test_char_f1")
    best = max(float(cell["text"]) for cell in cells)
    assert [cell["text"] for cell in cells if cell.get("strong")] == [f"{best:.3f}"]
    assert "test: n = 60; test-unseen: n = 24" in document["notes"][0]


def test_tuning_is_shown_by_metric_the_primary_one_first(plain):
    document = plain.table("tuned")
    assert [title for title in texts(column(document, "metric")) if title] == ["char-F1", "exact match", "similarity"]
    assert texts(column(document, "model")) == fake_results.TUNED * 3
    assert document["rules"] == [4, 8]
    numbers = plain.numbers
    for model, cell in zip(fake_results.TUNED, column(document, "test-unseen_difference"), strict=False):
        key = f"econ-qa.qlora.{model}.minus.base.{model}.test-unseen.char_f1"
        assert (cell["key"], cell["text"]) == (key, numbers[key]["text"])


def test_every_comparison_on_a_reported_split_has_its_row(plain):
    document = plain.table("comparisons")
    pairs = [
        pair
        for pair in read_json(plain.study / "statistics.json")["pairs"]
        if pair["split"] in plain.settings["reported"]
    ]
    assert len(document["rows"]) == len(pairs)
    assert set(texts(column(document, "comparison"))) == {"qlora-vs-base", "between-models", "ensemble-vs-member"}
    first = dict(zip((one["name"] for one in document["columns"]), texts(document["rows"][0]), strict=True))
    assert (first["a"], first["b"]) == ("tiny-gemma2 base", "tiny-gemma2 qlora")
    assert (first["split"], first["metric"], first["n"], first["articles"]) == ("test", "exact match", "60", "30")


def test_comparisons_with_a_base_come_first_then_models_then_ensembles(plain):
    document = plain.table("comparisons")
    starts = [0, *document["rules"]]
    kinds = [texts(column(document, "comparison"))[start] for start in starts]
    assert kinds == ["qlora-vs-base", "between-models", "ensemble-vs-member"] * 6


def test_a_model_whose_name_holds_dots_is_compared_under_its_whole_name(plain, tmp_path):
    """Names are taken from the statistics, never from the parts of a key."""
    made = plain.copied(tmp_path / "dots")
    old, new = '"tiny-gemma2"', '"qwen2.5-3b.minus.base"'
    records = made.study.rglob("ensemble/*/*.record.json")
    for path in (made.study / "statistics.json", made.study / "selection.json", *records):
        path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    for folder in list(made.study.rglob("tiny-gemma2")):
        folder.rename(folder.with_name("qwen2.5-3b.minus.base"))
    made.settings.update(json.loads(json.dumps(made.settings).replace(old, new)))
    made.gather()
    made.make_tables()
    assert texts(made.table("comparisons")["rows"][0])[1:3] == [
        "qwen2.5-3b.minus.base base",
        "qwen2.5-3b.minus.base qlora",
    ]
