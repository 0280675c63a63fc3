"""The document of an evaluation: each text once, a value a row for each run."""

import explorers
import pytest

from kotune.core.storage import read_jsonl, read_parquet, write_jsonl
from kotune.report.explorer import document
from kotune.report.explorer.document import document_of


def asked_of(made):
    return explorers.settings_of(made.settings, made.study)["studies"][0]["sets"][0]


@pytest.fixture(scope="module")
def whole(hostile):
    return document_of(asked_of(hostile))


def test_every_row_and_run_is_there_in_the_order_of_the_files(hostile, whole):
    rows = read_parquet(hostile.study / "rows/all/test.parquet")["id"].to_list()
    test = whole["splits"].index("test")
    assert [
        one for one, split in zip(whole["rows"]["id"], whole["rows"]["split"], strict=True) if split == test
    ] == rows
    assert [(run["model"], run["arm"]) for run in whole["runs"]][:2] == [("tiny-gemma2", "base"), ("tiny-eeve", "base")]
    assert sum(run["model"] == "ensemble" for run in whole["runs"]) == 5


def test_answers_scores_and_verdicts_are_those_of_the_files(hostile, whole):
    run = next(one for one in whole["runs"] if (one["model"], one["arm"]) == ("tiny-eeve", "qlora"))
    answers = {one["id"]: one for one in read_jsonl(hostile.study / "answers/own/tiny-eeve/qlora/seed42.jsonl")}
    scores = {
        (one["id"], one["metric"]): one["value"]
        for one in read_jsonl(hostile.study / "scores/own/tiny-eeve/qlora/seed42.jsonl")
    }
    names = [one["name"] for one in whole["metrics"]]
    for place, id in enumerate(whole["rows"]["id"]):
        assert whole["strings"][run["answer"][place]] == answers[id]["answer"]
        assert run["right"][place] == str(int(scores[id, "exact_match"]))
        for number, name in enumerate(names):
            assert run["values"][number][place] == pytest.approx(scores[id, name], abs=1e-4)
        blank = not answers[id]["answer"].strip()
        assert whole["ends"][int(run["ends"][place])] == ("empty" if blank else "ended")
    assert len(set(whole["strings"])) == len(whole["strings"])


def test_the_columns_are_the_task_s_and_kinds_are_told(whole):
    assert len(whole["columns"]) == len(whole["rows"]["texts"]) == 2
    (kinds,) = whole["kinds"]
    assert kinds["name"] == "kind of gold answer" and "number" in kinds["values"]


def test_rows_without_a_gold_answer_and_answers_that_were_cut(real):
    made = document_of(asked_of(real))
    place = made["rows"]["id"].index(next(one for one in made["rows"]["id"] if one.startswith("SUBMISSION")))
    run = next(one for one in made["runs"] if (one["model"], one["arm"]) == ("tiny-eeve", "qlora"))
    assert made["rows"]["golds"][place] == [] and run["right"][place] == "-" and run["answer"][place] >= 0
    assert any(one >= 0 for one in run["said"]["raw"])
    oracle = next(one for one in made["runs"] if one["arm"] == "oracle")
    assert (oracle["answer"][place], oracle["ends"][place]) == (-1, "-")


def test_who_was_not_asked_is_counted_as_the_study_says(plain, tmp_path):
    made = plain.copied(tmp_path / "unasked")
    for part in ("answers", "scores"):
        path = made.study / f"{part}/own/tiny-eeve/qlora/seed42.jsonl"
        lines = read_jsonl(path)
        first = next(one["id"] for one in lines if one["split"] == "test")
        more = {"answer": "", "finish_reason": "excluded"} if part == "answers" else {"value": 0.0, "asked": False}
        write_jsonl(path, [{**one, **more} if one["id"] == first else one for one in lines])
    for policy, letter in (("zero", "0"), ("leave_out", "1")):
        found = document_of({**asked_of(made), "overlong": policy})
        place = found["rows"]["id"].index(first)
        run = next(one for one in found["runs"] if (one["model"], one["arm"]) == ("tiny-eeve", "qlora"))
        assert found["ends"][int(run["ends"][place])] == "not asked"
        assert found["rows"]["left_out"].count("1") == int(letter) and found["rows"]["left_out"][place] == letter


def test_of_several_samples_the_first_is_shown(plain, tmp_path):
    made = plain.copied(tmp_path / "samples")
    path = made.study / "answers/own/tiny-eeve/qlora/seed42.jsonl"
    lines = read_jsonl(path)
    write_jsonl(path, [{**one, "number": place, "answer": str(place)} for one in lines for place in (0, 1)])
    found = document_of(asked_of(made))
    run = next(one for one in found["runs"] if (one["model"], one["arm"]) == ("tiny-eeve", "qlora"))
    assert {found["strings"][place] for place in run["answer"]} == {"0"}


def test_more_answers_than_a_page_holds_are_left_out_and_counted(plain, monkeypatch):
    monkeypatch.setattr(document, "MOST", 3 * 114)
    found = document_of(asked_of(plain))
    assert len(found["runs"]) == 3 and found["left_out_runs"] == len(asked_of(plain)["runs"]) - 3


def test_earlier_turns_are_told_by_who_spoke():
    turns = [{"role": "user", "content": "안녕"}, {"role": "assistant", "content": "네"}]
    assert document.turns_said(turns) == "user: 안녕\nassistant: 네"
    assert document.turns_said(None) is None and document.turns_said([]) is None
