"""A toy task, metric, evaluation and method go through rows, prompts, training, answers, scores, table and figure."""

import csv

import polars
import pytest
import toys
from checkout import copy_to, planned, snakemake

from kotune.core.storage import read_json, read_jsonl

STUDY = "results/mini/econ-qa"
OWN = [f"{STUDY}/answers/own/tiny-eeve/base/seed42.jsonl", f"{STUDY}/rows/all/audit.json"]
ASKED = [f"{STUDY}/tables/evaluation-labelling.{ending}" for ending in ("csv", "json")]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A run with the toys, begun before they were there; and the jobs that they made of what was done already."""
    folder = copy_to(tmp_path_factory.mktemp("seams") / "kotune")
    toys.shorten_to_one(folder)
    done = snakemake(folder, "--cores", "1", *OWN)
    assert done.returncode == 0, done.stdout
    toys.add_all(folder)
    again = planned(folder, *OWN)
    done = snakemake(folder, "--cores", "1", *ASKED)
    assert done.returncode == 0, done.stdout
    return folder, again, done.stdout


def test_what_was_done_before_is_not_done_again(asked):
    assert asked[1] == {}


def test_rows_of_other_columns_are_prepared_and_asked(asked):
    rows = polars.read_parquet(asked[0] / STUDY / "rows/labelling/test.parquet")
    assert rows.columns == ["id", "premise", "label", "article"]
    assert rows.height == toys.LABELS
    folder = asked[0] / STUDY / "prompts/tiny-eeve/labelling/labelling.clean"
    prompts = polars.read_parquet(folder / "test.parquet")
    for premise, label, prompt in zip(rows["premise"], rows["label"], prompts["prompt"], strict=True):
        assert premise in prompt and prompts.height == rows.height
        assert label in prompts.filter(polars.col("prompt") == prompt)["completion"][0]


def test_the_toy_method_trained_the_arm(asked):
    record = read_json(asked[0] / STUDY / "adapters/tiny-eeve/first_rows/seed42/record.json")
    assert record["asked"]["recipe"]["method"] == "first_rows"
    assert record["asked"]["recipe"]["arguments"] == {"rows": 4}


def macro_f1(folder, arm):
    """Macro-F1 by scikit-learn, from the answers and the rows themselves."""
    from sklearn.metrics import f1_score

    rows = polars.read_parquet(folder / STUDY / "rows/labelling/test.parquet")
    answers = read_jsonl(folder / STUDY / f"answers/labelling/tiny-eeve/{arm}/seed42.jsonl")
    said = {line["id"]: line["answer"] for line in answers}
    assert len(said) == rows.height
    golds = rows["label"].to_list()
    return f1_score(
        golds, [said[name] for name in rows["id"]], labels=sorted(set(golds)), average="macro", zero_division=0
    )


def test_macro_f1_is_the_aggregate_of_what_was_said(asked):
    folder = asked[0]
    document = read_json(folder / STUDY / "evaluations/labelling.json")
    means = {line["arm"]: line for line in document["means"] if line["metric"] == "label_f1"}
    assert set(means) == {"base", "first_rows"}
    for arm, line in means.items():
        assert line["mean"] == pytest.approx(macro_f1(folder, arm))
        assert line["low"] <= line["mean"] <= line["high"] and line["n"] == toys.LABELS
    assert means["base"]["mean"] > 0.2, "the stand-in knows some"
    (pair,) = [line for line in document["pairs"] if line["metric"] == "label_f1"]
    assert pair["difference"] == pytest.approx(means["first_rows"]["mean"] - means["base"]["mean"])
    assert pair["test"].startswith("swap permutation over")


def test_the_table_and_the_figure_show_it(asked):
    folder = asked[0] / STUDY
    with open(folder / "tables/evaluation-labelling.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["model"], row["arm"]) for row in rows] == [("tiny-eeve", "base"), ("tiny-eeve", "first_rows")]
    assert float(rows[0]["test_label_f1"]) == pytest.approx(macro_f1(asked[0], "base"), abs=1e-6)
    titles = [column["title"] for column in read_json(folder / "tables/evaluation-labelling.json")["columns"]]
    assert "macro-F1" in titles
    assert (folder / "figures/evaluation-labelling.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (folder / "figures/evaluation-labelling.png").stat().st_size > 1000
