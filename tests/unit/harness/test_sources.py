"""Where a benchmark's rows come from: layouts of folders, downloads, what is missing."""

import polars as pl
import pytest
import toy_kobest

from kotune.core.errors import UserError
from kotune.harness import task_files
from kotune.harness.sources import benchmark, files_of

pytest.importorskip("lm_eval")
KMMLU = {"question": "무엇?", "answer": 2, "A": "가", "B": "나", "C": "다", "D": "라"}


def test_downloads_of_the_hub_are_read_as_they_are_left(toy, tmp_path):
    for split, left in (("train", "train"), ("validation", "valid"), ("test", "test")):
        rows = pl.read_ndjson(toy["hub"] / f"boolq/{split}.jsonl").with_columns(pl.col("label").cast(pl.String))
        rows.write_parquet(tmp_path / f"{left}.parquet")  # the download keeps texts alone
    source = {"hub": {"kobest_boolq": str(tmp_path)}}
    task = task_files.find("kobest_boolq")
    assert benchmark(source, task).rows == benchmark({"folder": str(toy["makers"])}, task).rows
    assert sorted(path.name for path in files_of(source, [task])) == ["test.parquet", "train.parquet", "valid.parquet"]
    with pytest.raises(UserError, match="no part for 'kobest_wic'"):
        benchmark(source, task_files.find("kobest_wic"))


def test_originals_are_a_download_of_their_own(toy, tmp_path):
    for split, left in (("train", "train"), ("test", "test")):
        pl.read_ndjson(toy["hub"] / f"sentineg/{split}.jsonl").write_parquet(tmp_path / f"{left}.parquet")
    (tmp_path / "originals").mkdir()
    pl.read_ndjson(toy["hub"] / "sentineg/test_originated.jsonl").write_parquet(tmp_path / "originals/train.parquet")
    hub = {"kobest_sentineg": str(tmp_path), "kobest_sentineg.originals": str(tmp_path / "originals")}
    task = task_files.find("kobest_sentineg")
    assert [row["original"] for row in benchmark({"hub": hub}, task).rows["test"]][:2] == ["train-6", "train-7"]
    del hub["kobest_sentineg.originals"]
    assert "original" not in benchmark({"hub": hub}, task).rows["test"][0]


def test_a_task_that_is_no_part_of_kobest_is_read_by_its_own_splits(tmp_path):
    for split in ("dev", "test"):
        toy_kobest.write_lines(tmp_path / f"Accounting/{split}.jsonl", [KMMLU] * 2)
    made = benchmark({"folder": str(tmp_path)}, task_files.find("kmmlu_accounting"))
    assert made.rows == {split: [{"id": f"{split}-{n}", **KMMLU} for n in (1, 2)] for split in ("test", "dev")}


def test_numbers_of_a_csv_stay_numbers_and_its_own_ids_are_kept(tmp_path):
    pl.DataFrame([KMMLU | {"id": 7}]).write_csv(tmp_path / "Accounting-test.csv")
    pl.DataFrame([KMMLU | {"id": 8}]).write_csv(tmp_path / "Accounting-dev.csv")
    made = benchmark({"folder": str(tmp_path)}, task_files.find("kmmlu_accounting"))
    assert made.rows["test"] == [{"id": "test-1", **KMMLU, "source_id": 7}]


def test_what_is_not_there_is_named_with_where_it_was_sought(tmp_path):
    toy_kobest.write_lines(tmp_path / "Accounting/test.jsonl", [KMMLU])
    task = task_files.find("kmmlu_accounting")
    with pytest.raises(UserError, match=r"split 'dev': neither Accounting/dev.jsonl"):
        benchmark({"folder": str(tmp_path)}, task)
    with pytest.raises(UserError, match=r"nor BoolQ/train.tsv as KoBEST's makers have it"):
        list(files_of({"folder": str(tmp_path)}, [task_files.find("kobest_boolq")]))
    with pytest.raises(UserError, match="no such folder"):
        benchmark({"folder": str(tmp_path / "nothing")}, task)


def test_rows_that_only_the_hub_has_are_refused_without_a_network():
    with pytest.raises(UserError, match=r"HAERAE-HUB/KMMLU, Accounting cannot be loaded.*name a folder"):
        benchmark({"lm_eval": True}, task_files.find("kmmlu_accounting"))
