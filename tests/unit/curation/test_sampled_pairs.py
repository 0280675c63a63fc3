"""Pairs of samples: one that passes beside one of the same row that does not; what has none is counted, with why."""

import json

import polars
import pytest
import sample_rows

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.curation.sampled_pairs import Wanted, pairs_of_samples

ROWS = {"test": [{"id": name, "answer": "금리", "article": f"u-{name}"} for name in "abc"]}
WANTED = Wanted(gold="answer", at_least=1.0, pairs=2, seed=42)


def answered(**rows):
    """Return answers and scores: of each row its answers, those written with a plus pass."""
    answers, scores = {}, {}
    for name, texts in rows.items():
        for number, text in enumerate(texts):
            answers["test", name, number] = {"answer": text.removeprefix("+"), "finish_reason": "stop"}
            scores["test", name, number] = float(text.startswith("+"))
    return answers, scores


def test_a_pair_is_a_better_answer_and_a_worse_one_of_the_same_row():
    made, left_out, without = pairs_of_samples(ROWS, *answered(a=["+금리", "이자"], b=["물가"], c=["+고용"]), WANTED)
    assert made == [{"id": "a-0-1", "answer": "금리", "article": "u-a", "rejected": "이자"}]
    assert left_out == {}
    assert without == {"no answer scores high enough": 1, "every answer does": 1}


def test_of_more_pairs_a_rows_own_lot_draws():
    many = ["+하나", "+둘", "+셋", "넷", "다섯", "여섯"]
    made, _, _ = pairs_of_samples(ROWS, *answered(a=many, b=many), WANTED)
    of_a = {row["id"].removeprefix("a") for row in made if row["id"].startswith("a")}
    of_b = {row["id"].removeprefix("b") for row in made if row["id"].startswith("b")}
    assert len(of_a) == len(of_b) == 2 and of_a != of_b, "each row has its own lot"
    alone, _, _ = pairs_of_samples(ROWS, *answered(a=many), WANTED)
    assert {row["id"].removeprefix("a") for row in alone} == of_a, "whatever other rows there are"
    other, _, _ = pairs_of_samples(ROWS, *answered(a=many), Wanted("answer", 1.0, 2, 7))
    assert [row["id"] for row in other] != [row["id"] for row in alone]
    every, _, _ = pairs_of_samples(ROWS, *answered(a=many), Wanted("answer", 1.0, 99, 42))
    assert len({(row["answer"], row["rejected"]) for row in every}) == 9


def test_what_can_be_no_side_of_a_pair_is_counted():
    answers, scores = answered(a=["+금리", " 금리 ", " ", "이자", "물가"])
    answers["test", "a", 4]["finish_reason"] = "length"
    answers["test", "b", 0] = {"answer": "", "finish_reason": "excluded"}
    made, left_out, without = pairs_of_samples(ROWS, answers, scores, WANTED)
    assert [(row["answer"], row["rejected"]) for row in made] == [("금리", "이자")]
    assert left_out == {
        "the same answer again": 1, "empty answer": 1, "cut off at the limit of new tokens": 1, "not asked": 1
    }  # fmt: skip
    assert without == {"no answer can be used": 2}


def test_nothing_that_is_evaluated_is_learned_and_no_pair_at_all_is_one_clear_error():
    answers, scores = answered(a=["+금리", "이자"], b=["+물가", "고용"])
    made, left_out, _ = pairs_of_samples(ROWS, answers, scores, WANTED, held={"u-a"})
    assert [row["id"] for row in made] == ["b-0-1"] and left_out == {"also in an evaluation split": 2}
    message = "no row has a pair .1 rows: every answer does, 2 rows: no answer can be used.; ask for more samples"
    with pytest.raises(UserError, match=message):
        pairs_of_samples(ROWS, *answered(a=["+금리"]), WANTED)


def test_the_script_writes_pairs_and_says_which_rows_have_none(tmp_path, monkeypatch):
    polars.DataFrame(ROWS["test"]).write_parquet(tmp_path / "test.parquet")
    answers, scores = answered(a=["이자", "+기준 금리"], b=["+금리", "+금리요"], c=["물가", "고용"])
    lines = {"answers": [], "scores": []}
    for (split, name, number), line in answers.items():
        key = {"id": name, "split": split, "number": number}
        lines["answers"].append({**key, **line})
        lines["scores"].append({**key, "metric": "exact_match", "value": scores[split, name, number]})
    for name, content in lines.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in content))
    lines_said = []
    monkeypatch.setattr(console, "say", lines_said.append)
    settings = {"gold": "answer", "metric": "exact_match", "at_least": 1.0, "pairs": 4, "seed": 42}
    sample_rows.main(
        [
            *("--rows", str(tmp_path / "test.parquet"), "--answers", str(tmp_path / "answers.jsonl")),
            *("--scores", str(tmp_path / "scores.jsonl"), "--settings", json.dumps(settings)),
            *("--output-dir", str(tmp_path / "pairs"), "--label", "pairs/tiny"),
        ]
    )
    train = polars.read_parquet(tmp_path / "pairs/train.parquet")
    assert train.to_dicts() == [{"id": "a-1-0", "answer": "기준 금리", "article": "u-a", "rejected": "이자"}]
    assert polars.read_parquet(tmp_path / "pairs/test.parquet").is_empty()
    assert read_json(tmp_path / "pairs/audit.json") == {
        "answers": 6, "rows": 3, "kept": 1, "excluded": {}, "reference": {"rows": 3, "among": 1},
        "without_pair": {"every answer does": 1, "no answer scores high enough": 1},
    }  # fmt: skip
    said = "samples of pairs/tiny: 1 pairs of 6; left out: none; 1 rows without a pair: every answer does"
    assert lines_said[0].startswith(said)
