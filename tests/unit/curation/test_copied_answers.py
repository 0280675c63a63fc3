"""Ways to split rows: what of the test answers stands in train, and what the nearest question's answer scores."""

import polars as pl
import pytest
from checkout import ROOT

from kotune.curation.copied_answers import WAYS, compared, counted, nearest
from kotune.rows.task import unit_of

SHARES = {"valid": 0.1, "test": 0.2, "seed": 1}


def test_the_nearest_question_shares_most_pairs_of_characters_and_of_equals_is_the_first():
    known = ["오늘 날씨 어때", "배가 고파", "오늘 날씨 어때", "잠이 안 와"]
    assert nearest(["오늘 날씨는 어때?", "잠이 잘 안 와", "배가 너무 고파"], known) == [0, 3, 1]


def test_equal_answers_differ_in_white_space_alone():
    train = [("배가 고파", "밥을  드세요."), ("잠이 안 와", "쉬세요.")]
    found = counted(train, [("배가 고파요", "밥을 드세요."), ("잠이 와", "일어나세요."), ("배가 아파", "쉬세요.")])
    assert (found["train"], found["test"], found["answers"]) == (2, 3, 3)
    assert [found[name]["right"] for name in ("in_train", "retrieved")] == [2, 1]


def test_split_by_answer_no_test_answer_stands_in_train_and_by_row_most_do():
    rows = [(f"r{number}", f"{number}번 물음", f"답 {number % 30}") for number in range(120)]
    frame = pl.DataFrame(rows, schema=["id", "question", "answer"], orient="row")
    by_row, by_question, by_answer = compared(frame, ["question"], "answer", SHARES, "rows")
    assert tuple(one["by"] for one in (by_row, by_question, by_answer)) == WAYS
    assert by_answer["in_train"]["right"] == by_answer["retrieved"]["right"] == 0 < by_answer["test"]
    assert by_row["in_train"]["share"] > 0.9 and by_row["in_train"]["low"] < by_row["in_train"]["share"]


CHATBOT = ROOT.parent / "shared/data/chatbot-data/ChatbotData.csv"


@pytest.mark.skipif(not CHATBOT.is_file(), reason="ChatbotData.csv is not in ../shared/data")
def test_of_chatbot_data_half_the_answers_can_be_copied_unless_it_is_split_by_answer():
    frame = pl.read_csv(CHATBOT, infer_schema=False).with_row_index("id").with_columns(pl.col("id").cast(pl.String))
    by_row, _, by_answer = compared(frame, ["Q"], "A", {"valid": 0.05, "test": 0.1, "seed": 42}, "rows")
    assert 0.5 < by_row["in_train"]["share"] < 0.6 and 0.2 < by_row["retrieved"]["share"] < 0.3
    assert by_answer["in_train"]["right"] == by_answer["retrieved"]["right"] == 0
    assert frame["A"].map_elements(unit_of, return_dtype=pl.String).n_unique() > 7000
