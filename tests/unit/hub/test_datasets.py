"""Rows of the hub: the catalogue's columns and rows are taken, counted, and every wrong guess is named."""

import json

import polars as pl
import pytest
from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.hub import repository
from kotune.hub.datasets import converted, dataset_files, differences

ROWS = [
    {"guid": "g0", "context": "가", "question": "?", "source": "news", "bad": False, "answers": {"text": ["5개", "5"], "at": [1, 1]}, "meta": {"a": 1, "b": 2}},
    {"guid": "g1", "context": "나", "question": "?", "source": "wiki", "bad": False, "answers": {"text": ["나"], "at": [1]}},
    {"guid": "g2", "context": "다", "question": "?", "source": "news", "bad": True, "answers": {"text": ["그럴듯"], "at": [1]}},
    {"guid": "g3", "context": "라", "question": "?", "source": None, "bad": False, "answers": {"text": [], "at": []}},
]  # fmt: skip
ENTRY = {
    "hub_id": "org/d",
    "subset": "mrc",
    "columns": {"id": "guid", "context": "context", "answer": "answers.text"},
    "splits": {"train": None, "valid": 3},
}


def files_of(entry, names):
    repo = repository.repository("dataset", "d", entry)
    files = dataset_files(repo, entry)
    return {split: files.of_split(split, names) for split in files.patterns}


def taken(folder, entry, frame=None, ending="parquet"):
    """Write the same rows as both splits and convert them."""
    frame = pl.DataFrame(ROWS) if frame is None else frame
    names = [f"mrc/train.{ending}", f"mrc/validation.{ending}"]
    (folder / "mrc").mkdir()
    for name in names:
        frame.write_parquet(folder / name) if ending == "parquet" else frame.write_ndjson(folder / name)
    files = dataset_files(repository.repository("dataset", "d", entry), entry)
    return converted(files, entry, {"files": dict.fromkeys(names)}, folder)


@pytest.mark.parametrize(
    ("entry", "names", "train", "valid"),
    [
        (ENTRY, ["mrc/train-00001-of-00002.parquet", "mrc/train-00000-of-00002.parquet", "mrc/validation-00000-of-00001.parquet", "nli/train-00000-of-00001.parquet"],
         ["mrc/train-00000-of-00002.parquet", "mrc/train-00001-of-00002.parquet"], ["mrc/validation-00000-of-00001.parquet"]),
        (ENTRY, ["mrc/train/0000.parquet", "mrc/validation/0000.parquet", "mrc/train/index.duckdb"], ["mrc/train/0000.parquet"], ["mrc/validation/0000.parquet"]),
        (ENTRY, ["mrc/train.jsonl", "mrc/dev.jsonl"], ["mrc/train.jsonl"], ["mrc/dev.jsonl"]),
        ({**ENTRY, "subset": "*"}, ["only/train-0.parquet", "only/valid-0.parquet"], ["only/train-0.parquet"], ["only/valid-0.parquet"]),
        ({**ENTRY, "files": {"train": "a/*.jsonl", "valid": ["b.parquet", "b/*.parquet"]}}, ["a/1.jsonl", "b/1.parquet"], ["a/1.jsonl"], ["b/1.parquet"]),
    ],
)  # fmt: skip
def test_the_files_of_each_split_are_found_in_the_layouts_of_the_hub(entry, names, train, valid):
    assert files_of(entry, names) == {"train": train, "valid": valid}


def test_a_data_set_without_the_expected_files_says_what_it_holds():
    with pytest.raises(
        UserError,
        match=r"datasets.yaml, dataset 'd': org/d at main has no file for 'train' .* it holds d.py; name the file",
    ):
        files_of(ENTRY, ["d.py"])
    entry = {key: value for key, value in ENTRY.items() if key != "subset"}
    with pytest.raises(UserError, match="fits in more than one folder of org/d .* name the subset"):
        files_of(entry, ["a/train-0.parquet", "b/train-0.parquet"])
    with pytest.raises(UserError, match="unknown split 'dev'"):
        files_of({**ENTRY, "files": {"train": "a", "dev": "b"}}, [])


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_all_gold_answers_are_taken_and_unwanted_rows_are_counted(tmp_path, ending):
    splits, counts = taken(tmp_path, {**ENTRY, "only": {"bad": False, "source": "present"}}, ending=ending)
    assert splits["train"].columns == ["id", "context", "answer"]
    assert splits["train"].rows() == [("g0", "가", ["5개", "5"]), ("g1", "나", ["나"])]
    assert counts["train"] == {"read": 4, "left_out": {"bad is not false": 1, "source is empty": 1}, "rows": 2}


def test_answers_may_be_a_list_of_objects_and_numbers_become_text(tmp_path):
    frame = pl.DataFrame([{"guid": 7, "context": "가", "answers": [{"text": "답"}, {"text": "둘"}]}])
    splits, _ = taken(tmp_path, ENTRY, frame)
    assert splits["valid"].rows() == [("7", "가", ["답", "둘"])]


def test_wrong_guesses_about_columns_and_values_are_named(tmp_path):
    for number, (entry, message) in enumerate(
        [
            ({"columns": {"id": "gid"}, "unverified": ["columns"]}, r"org/d, mrc/train.parquet \(the catalogue marks columns as unverified\): no column 'gid'; did you mean 'guid'"),
            ({"columns": {"answer": "answers.txt"}}, "'answers' holds no 'txt' .* did you mean 'text'"),
            ({"columns": {"answer": "meta"}}, "'meta' holds objects, not text; name the field of it that does: meta.a, meta.b"),
            ({"only": {"source": "press"}, "unverified": ["only"]}, r"only \(the catalogue marks only as unverified\) leaves no row of train, of 4; source holds 'news' \(4\), '' \(2\), 'wiki' \(2\)"),
            ({"only": {"kind": "x"}}, "no column 'kind'"),
        ]
    ):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(UserError, match=message):
            taken(folder, {**ENTRY, **entry})


def test_a_number_of_rows_that_is_not_the_catalogues_is_told(tmp_path):
    _, counts = taken(tmp_path, ENTRY)
    assert differences(ENTRY, counts) == ["valid has 4 rows, the catalogue says 3"]


def test_every_shipped_data_set_of_the_hub_says_where_its_rows_lie():
    for name, entry in read_yaml(ROOT / "config/datasets.yaml")["datasets"].items():
        if entry["source"] == "hub":
            assert "train" in dataset_files(repository.repository("dataset", name, entry), entry).patterns


def test_rows_in_the_layout_of_squad_and_in_a_tsv_are_taken_where_the_catalogue_names_the_files(tmp_path):
    asked = [
        {"question": "?", "answers": [{"text": text, "answer_start": 0} for text in texts], "id": str(number), "is_impossible": not texts}
        for number, texts in enumerate((["5개", "5"], ["나"], []))
    ]  # fmt: skip
    document = {"data": [{"paragraphs": [{"context": "가", "qas": asked}]}]}
    (tmp_path / "train.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "dev.tsv").write_text('id\tcontext\tanswers\tis_impossible\n7\t"다"\t라\tfalse\n', encoding="utf-8")
    entry = {
        "hub_id": "org/d",
        "files": {"train": "train.json", "valid": "dev.tsv"},
        "columns": {"id": "id", "context": "context", "answer": "answers"},
        "only": {"is_impossible": False},
    }
    files = dataset_files(repository.repository("dataset", "d", entry), entry)
    splits, counts = converted(files, entry, {"files": dict.fromkeys(["train.json", "dev.tsv"])}, tmp_path)
    assert splits["train"].rows() == [("0", "가", ["5개", "5"]), ("1", "가", ["나"])]
    assert splits["valid"].rows() == [("7", '"다"', "라")]
    assert counts["train"]["left_out"] == {"is_impossible is not false": 1}
