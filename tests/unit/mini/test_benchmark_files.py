"""The benchmark's files: the layout of the makers' files, and what one stumbles over there."""

import make_mini_benchmark
import pytest
from lm_eval.tasks._yaml_loader import load_yaml

from kotune.core.names import ROOT
from kotune.mini import bundled
from kotune.mini.benchmark_files import text_of

FOLDER = ROOT / "resources/mini/benchmark"
OFFICIAL = {"boolq": 2, "copa": 2, "hellaswag": 3, "sentineg": 2, "wic": 2}  # metrics of each task


@pytest.fixture(scope="module")
def files():
    return {name.removesuffix(".xz"): text for name, text in make_mini_benchmark.make(make_mini_benchmark.SEED).items()}


def test_the_bundled_files_are_what_the_generator_gives():
    made = make_mini_benchmark.make(make_mini_benchmark.SEED)
    assert bundled.differing(FOLDER, made) == [], "run tools/make_mini_benchmark.py"


def test_line_ends_are_the_makers(files):
    assert files["BoolQ/test.tsv"].count("\r\n") == 40 and not files["BoolQ/test.tsv"].endswith("\n")
    assert "\r" not in files["HellaSwag/test.tsv"] and files["HellaSwag/test.tsv"].endswith("\n")


def test_labels_are_spelt_otherwise_in_each_split(files):
    spelt = {split: {line.split("\t")[3] for line in files[f"BoolQ/{split}.tsv"].split("\r\n")[1:]} for split in
             ("train", "dev", "test")}  # fmt: skip
    assert spelt == {"train": {"TRUE", "FALSE"}, "dev": {"True", "False"}, "test": {"TRUE", "FALSE", "True", "False"}}


def test_sentinegs_columns_stand_in_another_order_in_each_split(files):
    heads = [files[f"SentiNeg/{split}.tsv"].split("\r\n")[0].split("\t") for split in ("train", "dev", "test")]
    assert heads[0] == ["ID", "Text", "Label"] and heads[1] == ["ID", "Label", "Text"] and "Text_origin" in heads[2]


def test_some_texts_end_in_a_blank_and_some_hold_quotation_marks(files):
    assert " \t" in files["BoolQ/train.tsv"] and '\t"' in files["BoolQ/train.tsv"]
    assert "원인 \t" in files["COPA/train.tsv"] or "결과 \t" in files["COPA/train.tsv"]
    assert " \t" not in files["COPA/dev.tsv"]


def test_a_row_keeps_its_columns():
    row = {"Text": "맛이 좋아요", "Label": 1}
    assert text_of("SentiNeg", "dev", [row], 1) == "ID\tLabel\tText\r\n1\t1\t맛이 좋아요"


@pytest.mark.parametrize("name", OFFICIAL)
def test_each_local_task_includes_the_official_one(name):
    local = load_yaml(FOLDER / "tasks" / f"mini_{name}.yaml", resolve_func=False, recursive=False)
    assert local["include"] == f"kobest/kobest_{name}.yaml" and local["task"] == f"mini_{name}"
