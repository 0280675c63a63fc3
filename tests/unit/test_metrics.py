"""Exact match and character F1 as KorQuAD 1.0 computes them, and the score file that is made of them."""

import json
import random
import re
import string
from collections import Counter
from pathlib import Path

import polars
import pytest
import score_answers

from kotune import console, metrics
from kotune.errors import UserError

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "korquad_cases.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((DATA / "ensemble_example.json").read_text(encoding="utf-8"))


@pytest.fixture
def said(monkeypatch):
    """What the script told the terminal."""
    lines: list[str] = []
    monkeypatch.setattr(console, "say", lines.append)
    return lines


@pytest.mark.parametrize(("text", "expected"), CASES["normalised"])
def test_normalises_as_korquad(text, expected):
    assert metrics.normalise(text) == expected
    assert metrics.normalise(text, None) == expected


@pytest.mark.parametrize("case", CASES["scores"], ids=lambda case: case["about"])
def test_golden_scores(case):
    answer, golds, form = case["answer"], case["golds"], case["unicode_form"]
    assert metrics.exact_match(answer, golds, form) == case["exact_match"]
    assert metrics.char_f1(answer, golds, form) == pytest.approx(case["char_f1"], abs=5e-11)


@pytest.mark.parametrize("row", EXAMPLE["rows"], ids=lambda row: row["id"])
def test_the_published_example_to_ten_digits(row):
    a, b, c = row["answers"]
    values = [metrics.char_f1(a, b), metrics.char_f1(b, c), metrics.char_f1(a, c)]
    assert [round(value, 10) for value in values] == row["f1"]


def published_f1(prediction: str, truth: str) -> float:
    """The evaluation script, line by line."""

    def normalise(text: str) -> str:
        for mark in "'\"《》<>〈〉()‘’":
            text = re.sub(re.escape(mark), " ", text)
        return " ".join("".join(letter for letter in text.lower() if letter not in set(string.punctuation)).split())

    predicted = [letter for word in normalise(prediction).split() for letter in word]
    true = [letter for word in normalise(truth).split() for letter in word]
    same = sum((Counter(predicted) & Counter(true)).values())
    if same == 0:
        return 0
    precision, recall = 1.0 * same / len(predicted), 1.0 * same / len(true)
    return (2 * precision * recall) / (precision + recall)


def test_agrees_with_the_published_script_to_the_last_bit():
    dice = random.Random(1)
    letters = "가나다라 미중·한국은행0123456789%.,()<>《》'\"“”Aa -_~\n" + "\u1100\u1161"
    for _ in range(2000):
        one, other = ("".join(dice.choices(letters, k=dice.randrange(12))) for _ in range(2))
        assert metrics.char_f1(one, other, None) == published_f1(one, other)


# the score file


def rows(tmp_path, split="test", golds=("금리", "3월 2일"), **columns):
    path = tmp_path / "rows" / f"{split}.parquet"
    path.parent.mkdir(exist_ok=True)
    frame = {"id": [f"{split}-{n}" for n in range(len(golds))], "answer": list(golds), **columns}
    polars.DataFrame(frame).write_parquet(path)
    return path


def answers(tmp_path, *lines, name="answers.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def line(id, answer, split="test", finish_reason="stop"):
    return {"id": id, "split": split, "answer": answer, "raw": answer, "finish_reason": finish_reason, "new_tokens": 3}


def score(tmp_path, answers_file, *rows_files, **settings):
    score_answers.main(
        [
            *("--answers", str(answers_file), "--rows", *map(str, rows_files)),
            *("--settings", json.dumps({"metrics": ["exact_match", "char_f1"], **settings})),
            *("--output", str(tmp_path / "scores.jsonl"), "--record", str(tmp_path / "scores.record.json")),
            *("--name", "tiny/qlora/seed42"),
        ]
    )
    return [json.loads(text) for text in (tmp_path / "scores.jsonl").read_text(encoding="utf-8").splitlines()]


def test_scores_every_row_in_the_rows_order(tmp_path, said):
    file = answers(tmp_path, line("test-1", "2일", finish_reason="length"), line("test-0", "금리!"))
    scores = score(tmp_path, file, rows(tmp_path), cache=str(tmp_path / "cache"))
    assert scores == [
        {"id": "test-0", "split": "test", "metric": "exact_match", "value": 1.0},
        {"id": "test-0", "split": "test", "metric": "char_f1", "value": 1.0},
        {"id": "test-1", "split": "test", "metric": "exact_match", "value": 0.0},
        {"id": "test-1", "split": "test", "metric": "char_f1", "value": pytest.approx(2 / 3)},
    ]
    assert said == ["scored tiny/qlora/seed42: char_f1 0.833 on test (n=2)"]
    record = json.loads((tmp_path / "scores.record.json").read_text(encoding="utf-8"))
    assert record["kind"] == "scores"
    assert record["asked"] == {"metrics": ["exact_match", "char_f1"]}  # where vectors are cached decides no score
    assert set(record["with"]["files"]) == {"answers", "rows/test", "scores"}
    assert record["found"]["finish_reasons"] == {"length": 1, "stop": 1}
    assert record["found"]["means"]["test"]["exact_match"] == 0.5


def test_an_excluded_row_counts_as_wrong_and_is_counted(tmp_path):
    file = answers(tmp_path, line("test-0", "", finish_reason="excluded"), line("test-1", "3월 2일"))
    assert [score["value"] for score in score(tmp_path, file, rows(tmp_path))] == [0.0, 0.0, 1.0, 1.0]
    record = json.loads((tmp_path / "scores.record.json").read_text(encoding="utf-8"))
    assert record["found"]["finish_reasons"]["excluded"] == 1


def test_several_gold_answers_of_a_row(tmp_path):
    file = answers(tmp_path, line("test-0", "한은"))
    scores = score(tmp_path, file, rows(tmp_path, golds=[["한국은행", "한은"]]))
    assert [score["value"] for score in scores] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line("test-0", "금리")], "no answer for the row 'test-1' of 'test' (1 missing)"),
        ([line("test-0", "a"), line("test-1", "b"), line("test-9", "c")], "'test-9' of 'test' belongs to no row"),
        ([line("test-0", "a"), line("test-1", "b"), line("v", "c", "valid")], "no rows file was given for 'valid'"),
        ([line("test-0", "a"), line("test-0", "b")], "two answers for the row 'test-0'"),
        ([line("test-0", None), line("test-1", "b")], "answer 1: needs 'id', 'split' and a text as 'answer'"),
    ],
)
def test_answers_that_do_not_fit_the_rows_are_refused(tmp_path, lines, message):
    file = answers(tmp_path, *lines)
    with pytest.raises(UserError) as error:
        score(tmp_path, file, rows(tmp_path))
    assert message in str(error.value)
    assert str(file) in str(error.value)
    assert not (tmp_path / "scores.jsonl").exists()


def test_rows_without_gold_answers_are_never_scored_as_zero(tmp_path):
    labelled, unlabelled = rows(tmp_path), rows(tmp_path, "final", golds=[None, "금리"])
    lines = [
        line("test-0", "금리"),
        line("test-1", "2일"),
        line("final-0", "a", "final"),
        line("final-1", "b", "final"),
    ]
    file = answers(tmp_path, *lines)
    with pytest.raises(UserError, match="'final-0' has no gold answer"):
        score(tmp_path, file, labelled, unlabelled)
    scores = score(tmp_path, file, labelled, unlabelled, skip_splits=["final"])
    assert {score["split"] for score in scores} == {"test"}


def test_an_unknown_metric_names_the_nearest(tmp_path):
    file = answers(tmp_path, line("test-0", "금리"), line("test-1", "2일"))
    with pytest.raises(UserError, match="did you mean 'char_f1'"):
        score(tmp_path, file, rows(tmp_path), metrics=["char_f2"])


def test_rows_files_with_faults_are_refused(tmp_path):
    with pytest.raises(UserError, match="no column 'article' .it has id, answer"):
        metrics.read_rows([rows(tmp_path)], "article")
    with pytest.raises(UserError, match="a second file for the split 'test'"):
        metrics.read_rows([rows(tmp_path), rows(tmp_path)])
    with pytest.raises(UserError, match="the id 'x' stands in more than one row"):
        metrics.read_rows([rows(tmp_path, id=["x", "x"])])
