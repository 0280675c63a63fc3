"""From score files to statistics.json: no score goes missing, and seeds are drawn at random as articles are."""

import json
import random

import compare_scores
import numpy as np
import polars
import pytest
from sign_patterns import brute_force

from kotune.core import console
from kotune.core.errors import UserError
from kotune.scoring import score_columns
from kotune.study import metrics


class Study:
    """A study in a folder: two splits of rows, and score files that are random but for the wished means."""

    def __init__(self, folder):
        self.folder, self.rows, self.files, self.labels = folder, {}, [], []
        for split, count in (("valid", 12), ("test", 20)):
            self.rows[split] = [f"{split}-{number}" for number in range(count)]
            articles = [f"{split}-a{number // 2}" for number in range(count)]
            frame = polars.DataFrame({"id": self.rows[split], "answer": ["x"] * count, "article": articles})
            frame.write_parquet(folder / f"{split}.parquet")

    def score(self, model, arm, seed, share, leave_out=None, change=None):
        dice = random.Random(f"{model} {arm} {seed}")
        lines = [
            {"id": id, "split": split, "metric": metric, "value": float(dice.random() < share)}
            for split, ids in self.rows.items()
            for id in ids
            for metric in ("exact_match", "char_f1")
        ]
        lines = [{**line, **(change or {}).get((line["id"], line["metric"]), {})} for line in lines]
        path = self.folder / f"{model}-{arm}-{seed}.jsonl"
        text = "".join(json.dumps(line) + "\n" for line in lines if line["id"] != leave_out)
        path.write_text(text, encoding="utf-8")
        self.files.append(path)
        self.labels.append({"model": model, "arm": arm, "seed": seed})
        return [line["value"] for line in lines if line["metric"] == "char_f1" and line["split"] == "test"]

    def compare(self, *comparisons, names=("exact_match", "char_f1"), **settings):
        settings = {"metrics": metrics.aggregated(names), "resamples": 500, "seed": 7, **settings}
        settings["comparisons"] = [
            {
                "name": name,
                "a": dict(zip(("model", "arm"), a, strict=True)),
                "b": dict(zip(("model", "arm"), b, strict=True)),
            }
            for name, a, b in comparisons
        ]
        output = self.folder / "statistics.json"
        compare_scores.main(
            [
                *("--scores", *map(str, self.files), "--labels", json.dumps(self.labels)),
                *("--rows", *(str(self.folder / f"{split}.parquet") for split in self.rows)),
                *("--settings", json.dumps(settings), "--output", str(output)),
            ]
        )
        return json.loads(output.read_text(encoding="utf-8"))


def test_rows_that_somebody_was_not_asked_are_left_out_for_everybody(tmp_path):
    study = Study(tmp_path)
    unasked = {"value": 0.0, "asked": False}
    change = {(f"test-{n}", metric): unasked for n in (0, 3) for metric in ("exact_match", "char_f1")}
    study.score("a", "base", 1, 0.5)
    study.score("b", "base", 1, 0.5, change=change)
    zero, left = study.compare(), study.compare(overlong="leave_out")
    assert zero["overlong"]["splits"]["test"]["asked"] == [{"model": "b", "arm": "base", "rows": 18}]
    assert {line["n"] for line in zero["means"] if line["split"] == "test"} == {20}
    assert {line["n"] for line in left["means"] if line["split"] == "test"} == {18}
    assert {line["n"] for line in left["means"] if line["split"] == "valid"} == {12}
    assert left["overlong"]["splits"]["test"]["compared"] == 18
    scores = score_columns.read_scores(study.files[0])["char_f1"]
    kept = [line["value"] for key, line in scores.items() if key[0] == "test" and key[1] not in ("test-0", "test-3")]
    assert pick(left["means"], model="a", split="test", metric="char_f1")["mean"] == pytest.approx(np.mean(kept))


def pick(lines, **wanted):
    (line,) = [line for line in lines if all(line[key] == value for key, value in wanted.items())]
    return line


TUNED = ("tuning", ("gemma", "base"), ("gemma", "qlora"))


def test_statistics_of_a_study(tmp_path, monkeypatch):
    study, said = Study(tmp_path), []
    monkeypatch.setattr(console, "say", said.append)
    base = study.score("gemma", "base", 42, 0.3)
    tuned = [study.score("gemma", "qlora", seed, 0.8) for seed in (43, 42)]
    study.score("ensemble", "oracle", 42, 0.9)
    found = study.compare(TUNED)
    assert (found["resamples"], found["seed"]) == (500, 7)
    assert len(found["means"]) == 3 * 2 * 2
    mean = pick(found["means"], model="gemma", arm="qlora", split="test", metric="char_f1")
    of_rows = np.mean(tuned, axis=0)
    assert (mean["n"], mean["articles"], mean["seeds"]) == (20, 10, [42, 43])
    assert mean["mean"] == pytest.approx(of_rows.mean())
    assert mean["low"] <= mean["mean"] <= mean["high"]
    assert "upper_bound" not in mean
    assert pick(found["means"], model="ensemble", split="test", metric="char_f1")["upper_bound"] is True
    pair = pick(found["pairs"], split="test", metric="char_f1")
    assert pair["difference"] == pytest.approx((of_rows - np.array(base)).mean())
    assert (pair["name"], pair["n"], pair["articles"]) == ("tuning", 20, 10)
    assert (pair["a"], pair["b"]) == ({"model": "gemma", "arm": "base"}, {"model": "gemma", "arm": "qlora"})
    by_seed = [float(np.mean(of_seed) - np.mean(base)) for of_seed in reversed(tuned)]
    assert [one["seed"] for one in pair["by_seed"]] == [42, 43]
    assert [one["value"] for one in pair["by_seed"]] == pytest.approx(by_seed)
    assert pair["seed_sd"] == pytest.approx(np.std(by_seed, ddof=1))
    assert pair["test"] == "t test over 2 seeds and 10 articles (Banerjee)"
    assert said == ["compared 3 models and ensembles: 12 means, 4 pairs (valid n=12, test n=20)"]


def test_one_run_is_tested_over_articles_alone(tmp_path):
    study = Study(tmp_path)
    base, tuned = study.score("gemma", "base", 42, 0.3), study.score("gemma", "qlora", 42, 0.8)
    pair = pick(study.compare(TUNED)["pairs"], split="test", metric="char_f1")
    moved = (np.array(tuned) - np.array(base)).reshape(10, 2).sum(axis=1)
    assert pair["p"] == brute_force([d for d in moved if d])
    assert pair["test"].startswith("sign-flip permutation over articles (exact")
    assert "by_seed" not in pair


def seeded(study, *effects):
    """Score a base and a tuned arm whose seeds have these effects, each the same in every row but for a little."""
    rows = {"test": [f"test-{number}" for number in range(20)], "valid": [f"valid-{number}" for number in range(12)]}

    def write(arm, seed, value):
        path = study.folder / f"gemma-{arm}-{seed}.jsonl"
        lines = [
            {"id": id, "split": split, "metric": "char_f1", "value": value + 0.002 * (place % 5)}
            for split, ids in rows.items()
            for place, id in enumerate(ids)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        study.files.append(path)
        study.labels.append({"model": "gemma", "arm": arm, "seed": seed})

    write("base", 1, 0.3)
    for seed, effect in enumerate(effects, start=1):
        write("qlora", seed, 0.3 + effect)


def test_seeds_that_disagree_show_nothing(tmp_path):
    study = Study(tmp_path)
    seeded(study, 0.15, -0.05, 0.20)
    pair = pick(study.compare(TUNED, names=["char_f1"])["pairs"], split="test")
    assert pair["difference"] == pytest.approx(0.1)
    # Student's t with two degrees of freedom over the three seeds, by hand
    assert (pair["low"], pair["high"]) == pytest.approx((0.1 - 4.3027 * 0.0764, 0.1 + 4.3027 * 0.0764), abs=1e-3)
    assert pair["p"] == pytest.approx(0.321, abs=2e-3)


def test_many_seeds_are_resampled(tmp_path):
    study = Study(tmp_path)
    seeded(study, *np.random.default_rng(3).normal(0.1, 0.05, 12))
    pair = pick(study.compare(TUNED, names=["char_f1"], resamples=4000)["pairs"], split="test")
    error = pair["seed_sd"] / np.sqrt(12)
    assert pair["se"] == pytest.approx(error, rel=0.06)
    assert pair["high"] - pair["low"] == pytest.approx(2 * 2.201 * error, rel=0.1)
    assert pair["test"] == "two-way bootstrap t over 12 seeds and 10 articles" and pair["p"] < 0.01


@pytest.mark.parametrize("count", [3, 10])
def test_seeds_that_all_say_the_same_show_no_spread(tmp_path, count):
    study = Study(tmp_path)
    study.score("gemma", "base", 1, 0.0)
    for seed in range(1, count + 1):
        study.score("gemma", "qlora", seed, 1.0)
    document = study.compare(("qlora-vs-base", ("gemma", "base"), ("gemma", "qlora")))
    pair = document["pairs"][0]
    assert pair["test"] == f"t test over {count} seeds and 6 articles: no spread seen"
    assert (pair["difference"], pair["no_spread"]) == (1.0, 6)
    assert not {"parts", "found", "no_parts"} & pair.keys()


def test_the_seeds_that_both_have_are_compared(tmp_path):
    study = Study(tmp_path)
    runs = {
        (arm, seed): study.score("gemma", arm, seed, level)
        for arm, seeds, level in (("qlora", (1, 2), 0.7), ("lora", (1, 2, 3), 0.4))
        for seed in seeds
    }
    pair = pick(study.compare(("arms", ("gemma", "lora"), ("gemma", "qlora")))["pairs"], split="test", metric="char_f1")
    by_seed = [float(np.mean(runs["qlora", seed]) - np.mean(runs["lora", seed])) for seed in (1, 2)]
    assert [one["seed"] for one in pair["by_seed"]] == [1, 2]
    assert [one["value"] for one in pair["by_seed"]] == pytest.approx(by_seed)


def test_an_arm_with_one_of_the_seeds_is_compared_by_that_one(tmp_path):
    study = Study(tmp_path)
    few, _ = study.score("gemma", "few", 2, 0.4), study.score("gemma", "qlora", 1, 0.9)
    many = study.score("gemma", "qlora", 2, 0.7)
    pair = pick(study.compare(("a", ("gemma", "few"), ("gemma", "qlora")))["pairs"], split="test", metric="char_f1")
    assert pair["difference"] == pytest.approx(np.mean(many) - np.mean(few)) and "by_seed" not in pair


def test_a_base_that_is_asked_otherwise_stands_against_each_seed(tmp_path):
    study = Study(tmp_path)
    for arm, seed in (("shots", 1), ("qlora", 1), ("qlora", 2)):
        study.score("gemma", arm, seed, 0.5)
    found = study.compare(("a", ("gemma", "shots"), ("gemma", "qlora")), untuned=["base", "shots"])
    assert len(pick(found["pairs"], split="test", metric="char_f1")["by_seed"]) == 2


def test_as_many_other_seeds_are_not_the_same_seeds(tmp_path):
    study = Study(tmp_path)
    for arm, seeds in (("qlora", (1, 2)), ("lora", (3, 4))):
        for seed in seeds:
            study.score("gemma", arm, seed, 0.5)
    with pytest.raises(UserError, match="lora has the seeds 3, 4 and gemma/qlora has the seeds 1, 2; give"):
        study.compare(("a", ("gemma", "lora"), ("gemma", "qlora")))


def test_one_more_comparison_changes_no_other(tmp_path):
    study = Study(tmp_path)
    study.score("gemma", "base", 42, 0.3)
    study.score("gemma", "qlora", 42, 0.8)
    before = study.compare(TUNED)
    study.score("eeve", "qlora", 42, 0.6)
    after = study.compare(("between", ("eeve", "qlora"), ("gemma", "qlora")), TUNED)
    assert [line for line in after["means"] if line["model"] == "gemma"] == before["means"]
    assert [line for line in after["pairs"] if line["name"] == "tuning"] == before["pairs"]
    only = study.compare(TUNED, splits=["test"], names=["char_f1"])
    assert only["pairs"] == [line for line in before["pairs"] if (line["split"], line["metric"]) == ("test", "char_f1")]


def test_the_order_of_the_files_changes_nothing_but_the_order(tmp_path):
    study = Study(tmp_path)
    for seed in (1, 2, 3):
        study.score("gemma", "qlora", seed, 0.7)
    before = study.compare()
    study.files.reverse()
    study.labels.reverse()
    assert study.compare() == before


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"leave_out": "test-3"}, "no exact_match score for the row 'test-3' of 'test'"),
        (
            {"change": {("test-3", "char_f1"): {"value": None}}},
            "the row 'test-3' has the value None, which is no score",
        ),
        ({"change": {("test-3", "char_f1"): {"value": float("nan")}}}, "the row 'test-3' has the value nan"),
        ({"change": {("test-3", "char_f1"): {"id": "test-4"}}}, "two char_f1 scores for the row 'test-4'"),
        ({"change": {("test-3", "char_f1"): {"metric": "rouge"}}}, "no char_f1 score for the row 'test-3' of 'test'"),
        ({"change": {("test-3", "char_f1"): {"id": "new"}}}, "no char_f1 score for the row 'test-3'"),
    ],
)
def test_a_missing_or_broken_score_fails_by_file_and_row(tmp_path, fault, message):
    study = Study(tmp_path)
    study.score("gemma", "base", 42, 0.3)
    study.score("gemma", "qlora", 42, 0.8, **fault)
    with pytest.raises(UserError) as error:
        study.compare(TUNED)
    assert message in str(error.value)
    assert "gemma-qlora-42.jsonl" in str(error.value)
    assert not (tmp_path / "statistics.json").exists()


def test_faulty_settings_are_refused(tmp_path):
    study = Study(tmp_path)
    study.score("gemma", "qlora", 42, 0.8)
    with pytest.raises(UserError, match="comparison 'tuning': no scores for gemma/base; did you mean 'gemma/qlora'"):
        study.compare(TUNED)
    with pytest.raises(UserError, match="no rows file was given for the split 'tset'; did you mean 'test'"):
        study.compare(splits=["tset"])
    study.score("gemma", "qlora", 42, 0.8)
    with pytest.raises(UserError, match="a second score file for gemma/qlora, seed 42"):
        study.compare()
    study.labels.pop()
    with pytest.raises(UserError, match="2 score files but 1 labels"):
        study.compare()


def test_rows_are_the_unit_when_no_article_is_known():
    rows = [{"id": "1"}, {"id": "2", "article": None}]
    assert score_columns.units_of(rows, "test").word == "row"
    assert score_columns.units_of([{"id": "1", "article": "a"}, {"id": "2", "article": "a"}], "test").count == 1
    with pytest.raises(UserError, match="the row '2' names no article but others do"):
        score_columns.units_of([{"id": "1", "article": "a"}, {"id": "2", "article": None}], "test")


def labels(folder, model, arm, said, golds=("a", "b") * 6):
    """Write a score file of classes: the value says whether the class was right."""
    lines = [
        {
            "id": f"valid-{n}",
            "split": "valid",
            "metric": "class",
            "value": float(gold == one),
            "gold": gold,
            "said": one,
        }
        for n, (gold, one) in enumerate(zip(golds, said, strict=True))
    ]
    path = folder / f"{model}-{arm}-classes.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_an_aggregate_that_is_no_mean_has_its_interval_and_its_test(tmp_path):
    study = Study(tmp_path)
    for arm, said in (("base", "a" * 12), ("qlora", "abababababaa")):
        study.files.append(labels(tmp_path, "gemma", arm, said))
        study.labels.append({"model": "gemma", "arm": arm, "seed": 42})
    macro = [{"name": "class", "aggregate": "kotune.scoring.aggregates.macro_f1.macro_f1"}]
    found = study.compare(TUNED, metrics=macro, splits=["valid"])
    base, tuned = (pick(found["means"], arm=arm) for arm in ("base", "qlora"))
    assert base["mean"] == pytest.approx((2 / 3 + 0) / 2), "half are right, and one class is never said"
    assert tuned["mean"] == pytest.approx((12 / 13 + 10 / 11) / 2)
    assert tuned["low"] < tuned["mean"] <= tuned["high"] <= 1
    (pair,) = found["pairs"]
    assert pair["difference"] == pytest.approx(tuned["mean"] - base["mean"])
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert pair["test"] == "swap permutation over articles (exact, 2^5 patterns)"
    assert 0 < pair["p"] < 0.2
    study.files[0].write_text(study.files[0].read_text().replace('"said"', '"told"'))
    with pytest.raises(UserError, match="macro-F1 needs 'gold' and 'said'.*class of the row 'valid-0'"):
        study.compare(TUNED, metrics=macro, splits=["valid"])


def test_of_several_answers_to_a_row_the_mean_counts(tmp_path):
    study = Study(tmp_path)
    lines = [
        {"id": f"valid-{row}", "number": number, "split": "valid", "metric": "hit", "value": float(number < row % 3)}
        for number in (1, 0)
        for row in range(12)
    ]
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    study.files, study.labels = [path], [{"model": "gemma", "arm": "base", "seed": 42}]
    hit = [{"name": "hit", "aggregate": "kotune.scoring.aggregates.mean.mean"}]
    (mean,) = study.compare(metrics=hit, splits=["valid"])["means"]
    assert (mean["mean"], mean["n"]) == (0.5, 12)
