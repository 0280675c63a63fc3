"""Submissions: the sample's own bytes with answers in them, from a model or an ensemble; a wrong id is named."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import polars as pl
import pytest
import write_submission

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, write_json, write_jsonl
from kotune.export.submission import filled, read_sample, unsampled

COLUMNS = {"id": "id", "answer": "answer"}
ANSWERS = {"T_1": "금리", "T_0": '1,200억 "원"', "T_2": ""}


def sample_at(folder, text: str | bytes, encoding: str = "utf-8") -> str:
    path = folder / "sample_submission.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return str(path)


def fill(folder, text, encoding="utf-8", answers=ANSWERS, columns=COLUMNS) -> bytes:
    return filled(read_sample(sample_at(folder, text, encoding), columns), answers, "answers.jsonl")


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        ("id,answer\nT_0,\nT_1,\nT_2,\n", 'id,answer\nT_0,"1,200억 ""원"""\nT_1,금리\nT_2,\n'),
        ("id,answer\r\nT_2,x\r\nT_0,x\r\nT_1,x", 'id,answer\r\nT_2,\r\nT_0,"1,200억 ""원"""\r\nT_1,금리'),
        (
            '"id","answer"\n"T_1",""\n"T_0",""\n"T_2",""\n',
            '"id","answer"\n"T_1","금리"\n"T_0","1,200억 ""원"""\n"T_2",""\n',
        ),
        ("id,question\nT_1,\nT_0,\nT_2,\n", 'id,question\nT_1,금리\nT_0,"1,200억 ""원"""\nT_2,\n'),
        ("answer,ID\n,T_1\n,T_0\n,T_2\n", 'answer,ID\n금리,T_1\n"1,200억 ""원""",T_0\n,T_2\n'),
        (
            'id,note,answer\nT_1,"a, b",0\nT_0,c,0\n\nT_2,,0\n',
            'id,note,answer\nT_1,"a, b",금리\nT_0,c,"1,200억 ""원"""\n\nT_2,,\n',
        ),
    ],
)
def test_only_the_answers_of_the_sample_change(tmp_path, sample, wanted):
    assert fill(tmp_path, sample) == wanted.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_the_samples_encoding_is_kept(tmp_path, encoding):
    made = fill(tmp_path, "id,답\nT_1,\nT_0,\nT_2,\n", encoding)
    assert made == 'id,답\nT_1,금리\nT_0,"1,200억 ""원"""\nT_2,\n'.encode(encoding)


def test_an_answer_that_the_samples_encoding_lacks_is_named(tmp_path):
    with pytest.raises(UserError, match="the answer of 'T_1' holds '😀', which cp949, the sample's encoding, does not"):
        fill(tmp_path, "id,답\nT_0,\nT_1,\n", "cp949", {"T_0": "금리", "T_1": "좋음😀"})


def test_a_line_break_in_an_answer_stays_within_its_cell(tmp_path):
    made = fill(tmp_path, "id,answer\nT_0,\nT_1,\n", answers={"T_0": "한 줄\n두 줄", "T_1": "=1+1"})
    assert list(csv.reader(io.StringIO(made.decode(), newline=""))) == [
        ["id", "answer"],
        ["T_0", "한 줄\n두 줄"],
        ["T_1", "=1+1"],
    ]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("id,answer\nT_0,\nT_9,\nT_1,\nT_8,\nT_2,\n", r"no answer for the id 'T_9', which .*sample_submission.csv asks for \(2"),
        ("id,answer\nT_0,\nT_2,\n", r"answers the id 'T_1', which .*sample_submission.csv does not hold \(1 too many"),
        ("id,answer\nT_0,\nT_0,\n", "sample_submission.csv: the id 'T_0' stands more than once"),
        ("id,answers,x\nT_0,,\n", "no column 'answer' for the answers; did you mean 'answers'"),
        ("id\nT_0\n", "no column 'answer' for the answers"),
        ('id,answer\nT_0,"\n', "sample_submission.csv, line 2: a quotation mark in the wrong place"),
        ("id,answer\nT_0,,\n", "sample_submission.csv, row 1: 3 cells where the header has 2"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path, sample, message):
    with pytest.raises(UserError, match=message):
        fill(tmp_path, sample)


def test_without_a_sample_there_are_ids_and_answers_in_the_order_of_the_rows():
    made = unsampled(["T_2", "T_0", "T_1"], ANSWERS, "answers.jsonl")
    assert made == 'id,answer\nT_2,\nT_0,"1,200억 ""원"""\nT_1,금리\n'.encode()
    with pytest.raises(UserError, match="no answer for the id 'T_3', which the split of rows asks for"):
        unsampled(["T_3"], ANSWERS, "answers.jsonl")


@pytest.fixture
def made(tmp_path):
    """Answers of two models, rows, a selection and an archive with a sample."""
    for model, word in (("tiny-a", "가"), ("tiny-b", "나")):
        lines = [{"id": f"T_{n}", "split": "submission", "answer": word * n} for n in range(3)]
        write_jsonl(tmp_path / f"{model}.jsonl", [{"id": "T_0", "split": "test", "answer": "다른"}, *lines])
    pl.DataFrame({"id": ["T_0", "T_1", "T_2"]}).write_parquet(tmp_path / "submission.parquet")
    ranking = [{"model": "tiny-b", "arm": "qlora"}, {"model": "tiny-a", "arm": "qlora"}, {"model": "x", "arm": "dora"}]
    write_json(tmp_path / "selection.json", {"ranking": ranking, "winner": ranking[0]})
    with zipfile.ZipFile(tmp_path / "open.zip", "w") as archive:
        archive.writestr("sample_submission.csv", "id,answer\nT_1,\nT_0,\nT_2,\n")
    return tmp_path


def write(folder, model, *more, arm="qlora", names=("tiny-a", "tiny-b")):
    settings = {"model": model, "arm": arm, "candidates": list(names), "columns": COLUMNS}
    write_submission.main(
        [
            *("--settings", json.dumps(settings), "--rows", str(folder / "submission.parquet")),
            *("--answers", *[str(folder / f"{name}.jsonl") for name in names]),
            *("--selection", str(folder / "selection.json")),
            *("--output", str(folder / "out" / "seed42.csv"), "--record", str(folder / "out" / "seed42.record.json")),
            *more,
        ]
    )
    return (folder / "out" / "seed42.csv").read_text(encoding="utf-8"), read_json(folder / "out" / "seed42.record.json")


def test_the_selected_model_of_an_arm_is_submitted_in_the_samples_layout(made):
    text, record = write(made, "selected", "--sample", f"{made}/open.zip/sample_submission.csv")
    assert text == "id,answer\nT_1,나\nT_0,\nT_2,나나\n"
    assert record["found"]["model"] == "tiny-b"
    assert record["found"] | {"sample": None} == {
        "model": "tiny-b",
        "arm": "qlora",
        "answers": 3,
        "empty_answers": 1,
        "not_asked": [],
        "sample": None,
    }
    assert record["with"]["files"]["answers"]["path"].endswith("tiny-b.jsonl")
    assert {"submission", "sample", "rows", "answers"} == set(record["with"]["files"])


def test_a_named_model_and_an_ensemble_are_submitted_too(made):
    assert write(made, "tiny-a")[0] == "id,answer\nT_0,\nT_1,가\nT_2,가가\n"
    (made / "tiny-a.jsonl").rename(made / "ensemble.jsonl")
    text, record = write(made, "ensemble", arm="majority", names=("ensemble",))
    assert text == "id,answer\nT_0,\nT_1,가\nT_2,가가\n"
    assert (record["found"]["model"], record["found"]["arm"]) == ("ensemble", "majority")


@pytest.mark.parametrize(
    ("model", "arm", "whom"), [("tiny-a", "qlora", "tiny-a"), ("ensemble", "majority", "no member of the ensemble")]
)
def test_a_row_that_was_not_asked_has_an_empty_cell_and_is_named(made, monkeypatch, model, arm, whom):
    said = []
    monkeypatch.setattr(console, "say", said.append)
    lines = read_jsonl(made / "tiny-a.jsonl")
    lines[2] |= {"answer": "", "finish_reason": "excluded"}
    write_jsonl(made / f"{model}.jsonl", lines)
    sample = made / "sample_submission.csv"
    sample.write_text("id,answer\nT_1,모름\nT_0,모름\nT_2,모름\n", encoding="utf-8")
    text, record = write(made, model, "--sample", str(sample), arm=arm, names=(model,))
    assert text == "id,answer\nT_1,\nT_0,\nT_2,가가\n"
    assert (record["found"]["not_asked"], record["found"]["empty_answers"]) == (["T_1"], 2)
    assert said[-1].endswith(
        f"1 rows are too long for {whom} and were not asked, their cells are empty (T_1); fill them by hand if the "
        "competition refuses empty cells, or submit a model with a larger window"
    ), said


def test_an_arm_that_the_selection_does_not_know_is_named(made):
    with pytest.raises(UserError, match="selection.json: ranks no model of the arm 'qlor'; did you mean 'qlora'"):
        write(made, "selected", arm="qlor")
