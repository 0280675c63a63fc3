"""The tables on what came out: baseline, tuned, comparisons, and what clean-up marks did."""

from __future__ import annotations

import json

import fake_results
import pytest

from kotune.core.storage import read_json, read_jsonl, write_jsonl
from kotune.report.tables import answered


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
    assert [title for title in texts(column(document, "metric")) if title] == [
        "char-F1", "exact match", "similarity", "answers"
    ]  # fmt: skip
    assert texts(column(document, "model")) == fake_results.TUNED * 4
    assert document["rules"] == [4, 8, 12]
    numbers = plain.numbers
    for model, cell in zip(fake_results.TUNED, column(document, "test-unseen_difference"), strict=False):
        key = f"econ-qa.qlora.{model}.minus.base.{model}.test-unseen.char_f1"
        assert (cell["key"], cell["text"]) == (key, numbers[key]["text"])


def unasked(plain, root, policy="zero", compared=60):
    """Tables of a study with a model that was not asked 7 rows of test, and whose base left 2 answers empty."""
    made = plain.copied(root)

    def short(statistics):
        asked = [{"model": "tiny-eeve", "arm": arm, "rows": 53} for arm in ("base", "qlora")]
        statistics["overlong"]["policy"] = policy
        statistics["overlong"]["splits"]["test"] |= {"asked": asked, "compared": compared}

    made.change("results/mini/econ-qa/statistics.json", short)
    for arm in ("base", "qlora"):
        path = made.root / made.report.answers(("tiny-eeve", arm, 42))
        lines = read_jsonl(path)
        of_test = [line for line in lines if line["split"] == "test"]
        for line in of_test[:7]:
            line |= {"answer": "", "finish_reason": "excluded"}
        for line in of_test[7:]:
            line |= {"answer": "금리", "finish_reason": "stop"}
        for line in of_test[7:9] if arm == "base" else []:
            line |= {"answer": ""}
        of_test[9] |= {"finish_reason": "length"}
        write_jsonl(path, lines)
    made.gather()
    made.make_tables()
    return made


def test_the_tables_of_scores_say_who_was_asked_how_many(plain, tmp_path):
    made = unasked(plain, tmp_path / "short")
    baseline = made.table("baseline")
    models = texts(column(baseline, "model"))
    assert column(baseline, "test_answers")[models.index("tiny-eeve")]["text"] == "53 / 1 / 2"
    counts = [column(baseline, f"test_{name}")[models.index("tiny-eeve")]["text"] for name in answered.COUNTS]
    assert counts == ["53", "1", "2"]
    hidden = [one["name"] for one in baseline["columns"] if one.get("printed") is False]
    assert hidden == [f"{split}_{name}" for split in ("test", "test-unseen") for name in answered.COUNTS]
    note = "is too long for a model is not asked, and counts 0 for that model."
    assert all(note in made.table(name)["notes"][0] for name in ("baseline", "tuned", "ensembles"))
    assert note not in plain.table("baseline")["notes"][0]
    tuned = made.table("tuned")
    place = [row[1]["text"] for row in tuned["rows"]].index("tiny-eeve", 12)
    shown = dict(zip((one["name"] for one in tuned["columns"]), texts(tuned["rows"][place]), strict=True))
    assert (shown["test_base"], shown["test_tuned"]) == ("53 / 1 / 2", "53 / 1 / 0")


def test_rows_that_are_left_out_for_everybody_are_counted(plain, tmp_path):
    made = unasked(plain, tmp_path / "left", "leave_out", 53)
    note = made.table("baseline")["notes"][0]
    assert "test: n = 53 of 60; test-unseen: n = 24." in note
    assert note.endswith("is not asked: rows that somebody was not asked are left out for everybody.")


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
    for path in made.study.rglob("answers/own/ensemble/*/*.jsonl"):
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
