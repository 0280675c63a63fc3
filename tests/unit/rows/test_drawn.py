"""Drawn rows: questions on texts that are trained on, and at most so many rows of a split."""

import polars as pl
import pytest

from kotune.core.errors import UserError
from kotune.rows import drawn
from kotune.rows.task import task_named

TASK = task_named("context-qa")


def rows(contexts: int, questions: int, start: str = "") -> pl.DataFrame:
    found = [(f"{start}{c}-{q}", f"글 {start}{c}", f"물음 {q}") for c in range(contexts) for q in range(questions)]
    return pl.DataFrame(found, schema=["id", "context", "question"], orient="row")


def test_test_seen_asks_of_texts_on_which_train_keeps_a_question():
    whole = pl.concat([rows(20, 3), rows(9, 1, "lonely ")])
    train, seen = drawn.draw_seen(whole, 15, 42, TASK)
    assert seen.height == 15 and train.height + seen.height == whole.height
    assert set(seen["context"]) <= set(train["context"])
    assert not set(seen["id"]) & set(train["id"])
    for frame in (train, seen):  # in their own order
        places = [whole["id"].to_list().index(one) for one in frame["id"]]
        assert places == sorted(places)
    assert drawn.draw_seen(whole, 15, 42, TASK)[1].equals(seen)
    assert not drawn.draw_seen(whole, 15, 43, TASK)[1].equals(seen)


def test_a_text_keeps_its_last_question_even_where_all_are_asked_for():
    train, seen = drawn.draw_seen(rows(5, 4), 1000, 1, TASK)
    assert seen.height == 15 and train["context"].n_unique() == train.height == 5


def test_a_question_that_its_text_is_asked_twice_is_not_taken():
    whole = pl.DataFrame(
        {"id": ["a", "b", "c"], "context": ["글", "글 ", "글"], "question": ["무엇?", "무엇? ", "누구?"]}
    )
    for seed in range(5):
        assert drawn.draw_seen(whole, 3, seed, TASK)[1]["id"].to_list() == ["c"]


def test_where_no_text_has_two_questions_there_is_no_test_seen():
    with pytest.raises(UserError, match="test-seen takes questions on a context of train that has others"):
        drawn.with_seen({"train": rows(9, 1)}, 2, 1, TASK)


def test_a_smaller_draw_is_among_a_larger_one_and_rows_keep_their_order():
    whole = rows(40, 5)
    draws = {count: drawn.at_most(whole, count, 42)["id"].to_list() for count in (10, 40, 150)}
    assert {count: len(ids) for count, ids in draws.items()} == {10: 10, 40: 40, 150: 150}
    assert set(draws[10]) < set(draws[40]) < set(draws[150])
    every = whole["id"].to_list()
    assert all(ids == [one for one in every if one in set(ids)] for ids in draws.values())
    assert drawn.at_most(whole, 200, 42).equals(whole) and drawn.at_most(whole, None, 42).equals(whole)


def test_the_draw_of_a_row_does_not_depend_on_the_rows_beside_it():
    whole = rows(40, 5)
    kept = set(drawn.at_most(whole, 50, 42)["id"])
    fewer = whole.filter(pl.col("context") != "글 3")
    assert set(drawn.at_most(fewer, 50, 42)["id"]) >= {one for one in kept if not one.startswith("3-")}


def test_the_smaller_of_two_caps_holds_and_all_rowsets_are_asked_the_same():
    train, seen = drawn.draw_seen(rows(40, 5), 60, 42, TASK)
    splits = {"train": train, "test": rows(10, 5, "t"), "test-seen": seen}
    scale = {"train": 40, "test": 20, "test-seen": 12}
    caps = {cap: {"scale": scale, "rowset": {"train": cap}, "seed": 42} for cap in (10, 100)}
    found = {cap: drawn.capped(splits, train, given, TASK) for cap, given in caps.items()}
    assert {cap: frames["train"].height for cap, frames in found.items()} == {10: 10, 100: 40}
    assert set(found[10]["train"]["id"]) < set(found[100]["train"]["id"])
    for split in ("test", "test-seen"):
        assert found[10][split].equals(found[100][split]) and found[10][split].height == scale[split]
    assert set(found[100]["test-seen"]["context"]) <= set(found[100]["train"]["context"]), "what the scale trains"


def test_the_audit_says_how_many_rows_were_drawn_and_what_is_still_seen():
    train, seen = drawn.draw_seen(rows(2, 3), 2, 42, TASK)
    one = train.filter(pl.col("context") == seen["context"][0]).head(1)
    (kept, said) = drawn.notes({"train": one, "test-seen": seen}, {"train": 1234, "test-seen": 2}, TASK)
    assert kept == "rows of train: 1 of 1,234, drawn by seed"
    still = (seen["context"] == one["context"][0]).sum()
    assert f"of its 2 rows {still} ask about a context on which this rowset's train has a question" in said
